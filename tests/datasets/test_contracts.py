"""Datasets of every kind of file keep the contract that those of others are held to."""

from pathlib import Path

import made_matlab
import numpy as np
from PIL import Image

from harness.testing.contracts import DatasetContract
from harness_datasets.synthetic import Set12


def write_image(path: Path, seed: int, channels: int = 3) -> None:
    """Write an image of random pixels; its format is the ending's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (16, 24) if channels == 1 else (16, 24, channels)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    Image.fromarray(pixels).save(path)


class TestCamera(DatasetContract):
    name = "camera"
    images = 2


class TestCameras(DatasetContract):
    name = "cameras[images=2,side=32]"


class TestFolder(DatasetContract):
    name = "folder"

    def write_files(self, root):
        for seed, name in enumerate(("a", "b")):
            write_image(root / "noisy" / f"{name}.png", seed)
            write_image(root / "clean" / f"{name}.tif", seed + 2)


class TestCC15(DatasetContract):
    name = "cc15"

    def write_files(self, root):
        for seed, name in enumerate(("5dmark3_iso3200_1", "d600_iso3200_2")):
            write_image(root / f"{name}_real.png", seed)
            write_image(root / f"{name}_mean.png", seed + 2)


class TestPolyU(DatasetContract):
    name = "polyu"

    def write_files(self, root):
        for seed, name in enumerate(
            ("Canon5D2_5_160_3200_chair_11", "NikonD800_6-3_125_5000_plant_10")
        ):
            write_image(root / "CroppedImages" / f"{name}_real.JPG", seed)
            write_image(root / "CroppedImages" / f"{name}_mean.JPG", seed + 2)


class TestNIND(DatasetContract):
    name = "nind"

    def write_files(self, root):
        for seed, shot in enumerate(("100", "1600", "H1")):
            write_image(root / "banana" / f"NIND_banana_ISO{shot}.jpg", seed)


class TestFMD(DatasetContract):
    name = "fmd"

    def write_files(self, root):
        for view in (1, 19):
            folder = root / "Confocal_FISH"
            write_image(folder / "gt" / str(view) / "avg50.png", view, channels=1)
            for number in (1, 2):
                name = f"HV110_P050051000{number}.png"
                write_image(folder / "raw" / str(view) / name, 10 * view + number, channels=1)


class TestDIV2K(DatasetContract):
    name = "div2k"

    def write_files(self, root):
        write_image(root / "DIV2K_train_HR" / "0001.png", 1)
        write_image(root / "DIV2K_valid_HR" / "0801.png", 2)


class TestSIDDMedium(DatasetContract):
    name = "sidd-medium"

    def write_files(self, root):
        for seed, name in enumerate(
            ("0001_001_S6_00100_00060_3200_L", "0035_002_GP_00800_00350_3200_N")
        ):
            for place, half in enumerate(("NOISY", "GT")):
                for shot in ("010", "011"):
                    path = root / "Data" / name / f"{name[:4]}_{half}_SRGB_{shot}.PNG"
                    write_image(path, 10 * seed + 2 * place + int(shot))


class TestDND(DatasetContract):
    name = "dnd"

    def write_files(self, root):
        made_matlab.dnd(root, images=2, side=16, boxes=3)


class TestSet12(DatasetContract):
    name = "set12"

    def write_files(self, root):
        width, height = Set12.sizes[0]
        for number, name in enumerate(Set12.namings[0]):
            Image.new("L", (width, height), 20 + 3 * number).save(root / f"{name}.png")


class TestBursts(DatasetContract):
    name = "folder[layout=bursts]"

    def write_files(self, root):
        for seed, name in enumerate(("a/1", "a/2", "a/clean", "b/1", "b/2", "b/3")):
            write_image(root / f"{name}.png", seed)
