"""A temporary folder of work runs the command in process and as a child, on a known dataset."""

import numpy as np
import pytest

from harness.testing.project import Project
from harness.testing.waves import Waves

FLAT = """
from harness import Method, MethodSpec, hookimpl

@hookimpl
def harness_register_methods():
    return MethodSpec(name="flat", target="{module}:Flat", summary="Grey.")

class Flat(Method):
    def denoise(self, noisy):
        return noisy.mean((2, 3), keepdim=True).expand_as(noisy)
"""
ON_WAVES = ("--datasets", "testing-waves", "--metrics", "psnr")


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_a_command_in_this_process_is_told_by_code_output_and_scores(project):
    project.write_plugin(FLAT.format(module="grey_plane"), "grey_plane")
    ended = project.harness("run", "--methods", "flat,identity", *ON_WAVES)
    assert (ended.code, ended.run.state) == (0, "finished"), ended.err
    assert ended.score("flat", "psnr") < ended.score("identity", "psnr")
    assert "identity" in ended.out


def test_a_child_finds_what_is_installed(project):
    modules = {
        "grey_hooks": FLAT.partition("class")[0].format(module="grey_method"),
        "grey_method": FLAT.format(module="grey_method"),
    }
    project.install("harness-grey", "grey_hooks", modules)
    ended = project.harness_in_child("list", "methods")
    assert ended.code == 0
    assert " flat " in ended.out


def test_a_mistake_is_told_by_its_code_and_line(project):
    ended = project.harness("run", "--methods", "flat")
    assert ended.code == 2
    assert ended.err.startswith("error: there is no method 'flat'")


def test_a_cell_that_is_not_there_is_an_error_that_names_those_that_are(project):
    ended = project.harness("run", "--methods", "identity", *ON_WAVES)
    with pytest.raises(LookupError, match="0 cells of 'flat', among identity on testing-waves"):
        ended.cell("flat")


@pytest.mark.parametrize("sigma", [10.0, 25.0])
def test_the_noise_of_the_waves_is_as_strong_as_they_say(sigma):
    samples = Waves(sigma=sigma).samples("test")
    noise = [sample.noisy().astype(float) - sample.clean() for sample in samples]
    assert np.std(noise) == pytest.approx(sigma, rel=0.05)


def test_no_two_splits_of_the_waves_share_an_image():
    first, second = (
        {sample.noisy().tobytes() for sample in Waves().samples(split)}
        for split in ("train", "test")
    )
    assert first.isdisjoint(second)
