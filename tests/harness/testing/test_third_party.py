"""Plugins of others, really installed: what goes wrong with one is its row, and no other's."""

import os
import re
import subprocess
import sys

import pytest

from harness.testing.project import Project

pytestmark = pytest.mark.slow

PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "harness-others"
version = "1.0"

[project.entry-points.harness]
others = "harness_others.hooks"
broken = "harness_others.broken"

[tool.setuptools]
packages = ["harness_others"]
"""
HOOKS = """
from harness import MethodSpec, hookimpl

@hookimpl
def harness_register_methods():
    def spec(name, **more):
        return MethodSpec(
            name=name, target=f"harness_others.methods:{name.title()}", summary="Theirs.", **more
        )
    names = ["sound", "raises", "hangs", "fills", "undefined", "resizes"]
    absent = MethodSpec(name="absent", target="harness_others.absent:Absent", summary="Theirs.")
    return [*map(spec, names), spec("stumbles", trains=True), absent]
"""
METHODS = """
import time
from torch import nn
from harness import Method, Recipe, Stage

class Sound(Method):
    def denoise(self, noisy):
        return noisy

class Raises(Method):
    def denoise(self, noisy):
        raise ValueError("no luck")

class Hangs(Method):
    def denoise(self, noisy):
        time.sleep(600)

class Fills(Method):
    def denoise(self, noisy):
        raise MemoryError

class Undefined(Method):
    def denoise(self, noisy):
        return noisy / 0 * 0

class Resizes(Method):
    def denoise(self, noisy):
        return noisy[..., 1:]

class Stumbling(Stage):
    name = "stumbling"
    recipe = Recipe(iterations=5, batch_size=1, crop=16, learning_rate=1e-3)

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, batch):
        raise ZeroDivisionError("no step")

class Stumbles(Method):
    def __init__(self):
        super().__init__()
        self.network = nn.Conv2d(3, 3, 1)

    def stages(self):
        return [Stumbling(self.network)]

    def denoise(self, noisy):
        return self.network(noisy)
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """A run of all of them, beside a method that comes with the harness."""
    pytest.importorskip("pip")
    folder = tmp_path_factory.mktemp("others")
    source = folder / "source"
    (source / "harness_others").mkdir(parents=True)
    (source / "pyproject.toml").write_text(PROJECT)
    modules = {"__init__": "", "hooks": HOOKS, "methods": METHODS, "broken": "1 / 0"}
    modules["absent"] = "import no_such_package"
    for name, text in modules.items():
        (source / "harness_others" / f"{name}.py").write_text(text)
    project = Project(folder)
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, str(project.site), str(source)],
        check=True,
        env={**os.environ, "PYTHONPATH": ""},
    )
    names = "sound,raises,hangs,fills,undefined,resizes,stumbles,absent,identity"
    return project.harness_in_child(
        *("run", "--methods", names, "--datasets", "testing-waves[count=1]", "--metrics", "psnr"),
        *("--timeout", "8s", "--device", "cpu"),
        OMP_NUM_THREADS="1",
    )


def test_theirs_run_beside_ours_whatever_happens_to_the_others(ended):
    assert ended.code == 3, ended.err
    assert len(ended.run.cells) == 9
    assert ended.score("sound", "psnr") == ended.score("identity", "psnr") > 15


def test_one_that_cannot_be_imported_is_a_line(ended):
    (line,) = [line for line in ended.err.splitlines() if line.startswith("warning: plugin")]
    assert re.search(
        r"'broken' of harness-others 1\.0: cannot be imported: ZeroDivisionError: division by zero "
        r"\(harness_others/broken\.py:1\)",
        line,
    )


@pytest.mark.parametrize(
    ("method", "status", "error"),
    [
        ("raises", "failed", r"ValueError: no luck \(harness_others/methods\.py:12\)"),
        ("hangs", "timeout", r"stopped after 8 s, as --timeout says"),
        ("fills", "out-of-memory", r"MemoryError \(harness_others/methods\.py:20\)"),
        ("undefined", "failed", r".*Undefined returned infinite or undefined pixels.*"),
        ("resizes", "failed", r".*Resizes was given images of shape .* and returned shape .*"),
        (
            "absent",
            "failed",
            r"method 'absent' \(plugin 'others' of harness-others 1\.0\): cannot import "
            r"'harness_others\.absent': ModuleNotFoundError: No module named 'no_such_package' "
            r"\(harness_others/absent\.py:1\)",
        ),
        (
            "stumbles",
            "failed",
            r"training: ZeroDivisionError: no step \(harness_others/methods\.py:39\)",
        ),
    ],
)
def test_what_fails_is_a_row_with_its_reason(ended, method, status, error):
    cell = ended.cell(method)
    assert cell.status == status
    assert re.fullmatch(error, cell.error), cell.error
