"""A model goes elsewhere: to a wheel of the project, without checkout and training data."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import numpy as np
import pytest
from narrow_fits import NARROW

import harness
from harness.data.images import read_image, write_image
from harness.models.export import choose_fit, export_model

LOADED = """
import sys, harness, numpy
from PIL import Image
noisy = numpy.asarray(Image.open(sys.argv[2]))
numpy.save("loaded.npy", harness.load_model(sys.argv[1]).denoise(noisy, "a"))
print(harness.__file__)
"""


@pytest.fixture
def elsewhere(wheel, tmp_path):
    """A folder with an environment in it, made of the wheel and all packages but the project."""
    pytest.importorskip("pip")
    folder = tmp_path / "elsewhere"
    venv.create(folder / "venv", symlinks=True)
    paths = sysconfig.get_paths("venv", vars={"base": str(folder / "venv")})
    install = ("install", "--quiet", "--no-deps", "--no-index", "--no-compile")
    python = Path(paths["scripts"]) / "python"
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *install, wheel], check=True)
    # .pth files that lie there, such as that of a checkout, are not read
    others = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (Path(paths["purelib"]) / "others.pth").write_text("\n".join(others))
    return folder


@pytest.mark.slow
def test_a_model_denoises_elsewhere_bit_for_bit_as_in_its_run(elsewhere, tmp_path, monkeypatch):
    """With a method that draws masks at random for what it denoises."""
    chance = np.random.default_rng(0)
    photos = tmp_path / "photos"
    for name in ("a", "b"):
        write_image(photos / f"{name}.png", chance.integers(60, 200, (48, 56, 3), np.uint8))
    request = harness.Request(
        methods=NARROW["apbsn"],
        datasets=f"folder[layout=noisy,root={photos}]",
        train_on="test",
        metrics="parameters",
        budget="quick:1it",
        images=1,
        out=tmp_path / "runs",
    )
    ran = harness.run(request)
    model = tmp_path / "model.safetensors"
    export_model(ran, choose_fit(ran, "apbsn"), model, harness.load_plugins())
    in_run = read_image(harness.pictures_of(ran, ran.cells[0], "a").denoised)
    here = harness.load_model(model).denoise(read_image(photos / "a.png"), "a")

    photos.rename(elsewhere / "moved")
    monkeypatch.delenv("PYTHONPATH", raising=False)

    def run(program, *arguments):
        command = [elsewhere / "venv" / "bin" / program, *arguments]
        ran = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    run("harness", "denoise", "moved/a.png", "--model", model)
    assert np.array_equal(read_image(elsewhere / "denoised" / "a.png"), in_run)
    (imported,) = run("python", "-c", LOADED, model, "moved/a.png").splitlines()
    assert Path(imported).is_relative_to(elsewhere)
    assert np.array_equal(np.load(elsewhere / "loaded.npy"), here)
    assert np.array_equal(here, in_run)
