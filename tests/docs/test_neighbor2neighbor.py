"""The example of a method from a paper: installed, it passes its tests and runs beside ours."""

import os
import subprocess
import sys
from shutil import copytree, ignore_patterns

import pytest
from pages import ROOT

from harness.testing.project import Project

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "docs" / "examples" / "neighbor2neighbor"
SHORT = "neighbor2neighbor[denoiser=unet[width=8,levels=2,tail=8],crop=32,iterations=300]"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder of work in which the example is installed from a copy of its sources."""
    pytest.importorskip("pip")
    folder = tmp_path_factory.mktemp("example")
    project, source = Project(folder), folder / "source"
    copytree(EXAMPLE, source, ignore=ignore_patterns("*.egg-info", "build", "__pycache__"))
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target")
    python("-m", "pip", "install", *options, str(project.site), str(source), cwd=folder, site="")
    return project


def python(*arguments, cwd, site):
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_it_passes_its_tests(project):
    tests = ("-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(project.folder))
    python("-m", "pytest", *tests, str(EXAMPLE / "tests"), cwd=project.folder, site=project.site)


def test_it_denoises_white_noise_beside_a_method_of_ours(project):
    ended = project.harness_in_child(
        *("run", "--methods", f"{SHORT},identity", "--datasets", "testing-waves"),
        *("--metrics", "psnr", "--device", "cpu"),
        OMP_NUM_THREADS="1",
    )
    assert ended.code == 0, ended.err
    learned, noisy = (cell.scores[0].value for cell in ended.run.cells)
    assert learned > noisy + 1
