import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from harness.data.images import read_image, to_tensor
from harness.metrics.trunks import TRUNKS

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


@pytest.fixture(scope="session")
def shared_lpips():
    """The folder with trunks of LPIPS and the example pair of its authors."""
    folder = REAL_DATA / "lpips"
    if not folder.is_dir():
        pytest.skip(f"no trunks of LPIPS in {folder}; set HARNESS_REAL_DATA")
    return folder


@pytest.fixture
def no_trunks(tmp_path, monkeypatch):
    """A machine without trunks of LPIPS; the folder where torch keeps weights."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HARNESS_OFFLINE", raising=False)
    checkpoints = tmp_path / "torch" / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    return checkpoints


@pytest.fixture
def trunk_bytes(monkeypatch):
    """What stands for torchvision's file, which is known by its digest."""
    content = b"weights"
    digest = hashlib.sha256(content).hexdigest()
    monkeypatch.setitem(TRUNKS, "alex", replace(TRUNKS["alex"], file=f"alexnet-{digest[:8]}.pth"))
    return content


@pytest.fixture
def trunk_here(no_trunks, trunk_bytes):
    """A known trunk in torch's cache; its file."""
    file = no_trunks / TRUNKS["alex"].file
    file.write_bytes(trunk_bytes)
    return file
