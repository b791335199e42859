import os
from pathlib import Path

import pytest

from harness.data.images import read_image, to_tensor

PROJECT = Path(__file__).resolve().parents[3]
REAL_DATA = Path(os.environ.get("HARNESS_REAL_DATA", PROJECT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def cc15():
    """The 15 real pairs of CC15 by name, 1 x 3 x 512 x 512: noisy and mean."""
    folder = REAL_DATA / "cc15"
    if not folder.is_dir():
        pytest.skip(f"no CC15 in {folder}; set HARNESS_REAL_DATA")
    return {
        path.stem.removesuffix("_real"): (
            to_tensor(read_image(path))[None],
            to_tensor(read_image(path.with_name(path.name.replace("_real", "_mean"))))[None],
        )
        for path in sorted(folder.glob("*_real.png"))
    }
