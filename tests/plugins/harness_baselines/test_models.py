"""The model that comes along keeps what its page promises."""

from pathlib import Path

import numpy as np
import pytest

import harness
from harness import read_image
from harness.testing.contracts import ModelContract
from harness_baselines import hooks, models


class TestN2CCameras(ModelContract):
    name = "n2c-cameras"


@pytest.fixture(scope="module")
def model():
    return harness.load_model("n2c-cameras")


def decibels(image, clean):
    return 10 * np.log10(255**2 / np.mean((image.astype(float) - clean) ** 2))


def test_all_models_together_are_under_two_megabytes():
    folder = Path(models.__file__).parent
    assert sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) < 2e6


def test_the_page_beside_it_has_its_training_command_and_its_terms():
    page = (Path(models.__file__).parent / "README.md").read_text(encoding="utf-8")
    words = " ".join(page.replace("\\\n", " ").split())
    assert hooks.TRAINING in words
    assert "Apache-2.0" in words


def test_sources_that_change_are_no_news_to_its_users(model, caplog):
    assert not caplog.text


def test_it_denoises_cameras_that_it_has_not_seen(model):
    """Blocks of ``cameras`` that nothing was trained on or chosen by, and a hidden camera."""
    registry = harness.load_plugins()
    dataset = registry.build(registry.choose("dataset", "camera"))
    gains = []
    for sample in dataset.samples("test")[::5]:
        noisy, clean = sample.noisy(), sample.clean()
        gains.append(decibels(model.denoise(noisy), clean) - decibels(noisy, clean))
    assert min(gains) > 10


@pytest.mark.slow
def test_it_is_two_decibels_better_on_real_photographs_than_classical_methods(model, real_data):
    """33 blocks of SIDD, where the best of the classical methods here has 34.35 dB."""
    folder = real_data("sidd-validation-blocks")
    scores = [
        decibels(model.denoise(read_image(noisy)), read_image(folder / f"{noisy.name[:-6]}_CL.png"))
        for noisy in sorted(folder.glob("*_N.png"))
    ]
    assert len(scores) == 33
    assert np.mean(scores) > 36.35
