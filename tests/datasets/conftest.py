"""Fixtures: tiny images in the formats and under the names of the real sets."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import skimage
import tifffile
from PIL import Image

ImageFactory = Callable[..., Path]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def image_file() -> ImageFactory:
    """Write an image of random pixels: path, channels, bits, seed; the format is the ending's."""

    def write(path: Path, channels: int = 3, bits: int = 8, seed: int = 0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (16, 24) if channels == 1 else (16, 24, channels)
        kind = np.uint8 if bits == 8 else np.uint16
        pixels = np.random.default_rng(seed).integers(0, 2**bits, shape, kind)
        if path.suffix.lower() in (".tif", ".tiff"):
            tifffile.imwrite(path, pixels)
        elif bits == 16:
            path.write_bytes(imagecodecs.png_encode(pixels))
        else:
            Image.fromarray(pixels).save(path)
        return path

    return write


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real data sets."""
    default = Path(__file__).parents[2].parent / "shared" / "data"
    return Path(os.environ.get("HARNESS_REAL_DATA", default))


@pytest.fixture
def run_python() -> Callable[[str], str]:
    """Run code in a fresh interpreter; returns what it prints."""

    def run(code: str) -> str:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        return done.stdout.decode()

    return run


@pytest.fixture
def photograph_size() -> Callable[[str], tuple[int, int]]:
    """Width and height of a photograph in scikit-image."""

    def size(file: str) -> tuple[int, int]:
        with Image.open(Path(skimage.__file__).parent / "data" / file) as photograph:
            return photograph.size

    return size
