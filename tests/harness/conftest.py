"""Plugins that are installed for one test only."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.testing import fake_distribution

GOOD = """
from harness import MethodSpec, hookimpl

@hookimpl
def harness_register_methods():
    return MethodSpec(name="good", target="good_plugin.method:Good", summary="A good one.")
"""
GOOD_METHOD = """
from harness import Method

class Good(Method):
    def denoise(self, noisy):
        return noisy
"""
WRONG_TYPE = """
from harness import hookimpl

@hookimpl
def harness_register_methods():
    return {"name": "wrong"}
"""
TAKEN_NAME = """
from harness import MethodSpec, hookimpl

@hookimpl
def harness_register_methods():
    return [
        MethodSpec(name="identity", target="taken_plugin.method:Mine", summary="Another one."),
        MethodSpec(name="free", target="taken_plugin.method:Mine", summary="A free name."),
    ]
"""
MISSPELT = """
from harness import MethodSpec, hookimpl

@hookimpl
def harness_register_method():
    return MethodSpec(name="unseen", target="misspelt_plugin.method:Mine", summary="Never seen.")
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on ``sys.path`` that stands for ``site-packages``."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def install(site: Path) -> Callable[..., None]:
    """Installs a distribution with one plugin: ``install(name, hooks, **modules)``."""

    def install(name: str, hooks: str, **modules: str) -> None:
        package = name.replace("-", "_")
        sources = {f"{package}.{module}": source for module, source in modules.items()}
        fake_distribution(
            site,
            name,
            "1.2",
            entry_points={name: f"{package}.hooks"},
            modules={f"{package}.hooks": hooks, **sources},
        )

    return install


@pytest.fixture
def five_plugins(install: Callable[..., None]) -> None:
    """One good plugin, and four that each go wrong in a way of their own."""
    install("good-plugin", GOOD, method=GOOD_METHOD)
    install("raising-plugin", "raise RuntimeError('no luck\\nat all')")
    install("wrong-plugin", WRONG_TYPE)
    install("taken-plugin", TAKEN_NAME)
    install("misspelt-plugin", MISSPELT)


@pytest.fixture
def run_harness(site: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the real ``harness`` command in a fresh process and an empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        variables = {**os.environ, "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1", **environment}
        return subprocess.run(
            [Path(sys.executable).with_name("harness"), *arguments],
            capture_output=True,
            text=True,
            cwd=folder,
            env=variables,
            check=False,
        )

    return run


@pytest.fixture
def full_disk() -> Callable[[Path], None]:
    """Leaves no room for a file, by its path: what is written under its temporary name is lost."""

    def fill(path: Path) -> None:
        path.with_name(f"{path.name}.{os.getpid()}.part").symlink_to("/dev/full")

    return fill
