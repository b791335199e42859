"""What ``harness new`` writes is installed, found, and passes its own tests."""

import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from harness import write_image
from harness.errors import UsageError
from harness.testing import fake_distribution
from harness.testing.scaffold import SCAFFOLDED, Scaffold, write_scaffold

KINDS = pytest.mark.parametrize("kind", SCAFFOLDED)
INSTALLED = ("method", "metric")
"""Those that are really installed in every run of the tests; the others in slow ones."""

OTHERS = sorted(set(SCAFFOLDED) - set(INSTALLED))
SLOW = pytest.mark.slow


def python(*arguments: str, path: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the interpreter of this environment, with more to import from."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
    )


def passes_its_tests(folder: Path, path: str) -> None:
    """See that the tests of a distribution pass, and that there are some."""
    result = python("-m", "pytest", "-q", "-p", "no:cacheprovider", path=path, cwd=folder)
    assert result.returncode == 0, result.stdout[-3000:]
    assert "failed" not in result.stdout


def is_listed(kind: str, name: str, path: str, cwd: Path) -> None:
    """See that a plugin is found without being named."""
    listed = python("-m", "harness", "list", f"{kind}s", "--strict-plugins", path=path, cwd=cwd)
    assert listed.returncode == 0, listed.stderr
    assert f" {name} " in listed.stdout


@pytest.mark.parametrize("kind", INSTALLED)
def test_a_distribution_passes_its_tests(kind, tmp_path):
    scaffold = Scaffold(kind, "my-own")
    write_scaffold(scaffold.distribution_files(), tmp_path)
    site, folder = tmp_path / "site", tmp_path / "harness-my-own"
    fake_distribution(site, "harness-my-own", entry_points={"my-own": "harness_my_own.hooks"})
    passes_its_tests(folder, f"{site}{os.pathsep}{folder}")


@pytest.mark.parametrize("kind", [*INSTALLED, *(pytest.param(k, marks=SLOW) for k in OTHERS)])
def test_an_installed_distribution_is_listed_and_passes_its_tests(kind, tmp_path):
    pytest.importorskip("pip")
    write_scaffold(Scaffold(kind, "my-own").distribution_files(), tmp_path)
    site, folder = tmp_path / "site", tmp_path / "harness-my-own"
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(site))
    installed = python("-m", "pip", "install", *options, str(folder), path="", cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    is_listed(kind, "my-own", str(site), tmp_path)
    if kind not in INSTALLED:  # of these the tests are run above, from their sources
        passes_its_tests(folder / "tests", str(site))


def harness(*arguments: str, site: str, cwd: Path) -> str:
    """Run the command with an installed distribution; returns what it prints."""
    ended = python("-m", "harness", *arguments, path=site, cwd=cwd)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def a_run(**options: str) -> tuple[str, ...]:
    """A run that takes no time; ``options`` say what is other than usual."""
    usual = {"methods": "identity", "datasets": "testing-waves", "metrics": "psnr"}
    given = {**usual, "device": "cpu", "budget": "quick:2it", "images": "0", **options}
    words = [word for name, value in given.items() for word in (f"--{name}", value)]
    return ("run", "--plugin", "harness.testing.waves", "--quiet", *words)


NETWORK_IN = "n2c[denoiser=my-own,crop=16,batch_size=1]"
WORK = {
    "method": a_run(methods="my-own"),
    "dataset": a_run(datasets="my-own", root="my-own=photos"),
    "metric": a_run(metrics="my-own"),
    "report": ("report", "runs/latest", "--format", "my-own"),
    "network": a_run(methods=NETWORK_IN),
    "launcher": a_run(launcher="my-own"),
    "viewer": ("denoise", "photos/test/noisy", "--method", "tv", "--compare", "--viewer", "my-own"),
}
"""What makes the plugin of each kind do its work."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", SCAFFOLDED)
def test_a_distribution_holds_to_its_contract_and_does_its_work(kind, tmp_path):
    write_scaffold(Scaffold(kind, "my-own").distribution_files(), tmp_path)
    site = tmp_path / "site"
    fake_distribution(site, "harness-my-own", entry_points={"my-own": "harness_my_own.hooks"})
    path = f"{site}{os.pathsep}{tmp_path / 'harness-my-own'}"
    for split, half in product(("train", "test"), ("noisy", "clean")):
        (tmp_path / "photos" / split / half).mkdir(parents=True)
        level = 100 + 10 * (half == "noisy") + 20 * (split == "test")
        image = np.full((24, 24, 3), level, np.uint8)
        write_image(tmp_path / "photos" / split / half / "one.png", image)
    if kind == "report":
        harness(*a_run(), site=path, cwd=tmp_path)
    given = ("--root", "my-own=photos") if kind == "dataset" else ()
    assert "my-own" in harness("check", "my-own", *given, site=path, cwd=tmp_path)
    harness(*WORK[kind], site=path, cwd=tmp_path)


@KINDS
def test_a_single_file_is_found_by_its_path(kind, in_process):
    code, out, err = in_process("new", kind, "my_own", "--single-file")
    assert (code, err) == (0, "")
    assert out == "my_own.py\nnext: harness show my_own --plugin my_own.py\n"
    code, out, err = in_process("show", "my_own", "--plugin", "my_own.py", "--strict-plugins")
    assert code == 0, err
    assert f"{kind} my_own" in out


@KINDS
def test_no_line_is_too_long(kind):
    scaffold = Scaffold(kind, "my-own")
    files = {**scaffold.distribution_files(), **scaffold.single_file()}
    sources = [text for path, text in files.items() if path.suffix == ".py"]
    lines = [line for text in sources for line in text.splitlines()]
    assert [line for line in lines if len(line) > 100] == []


@KINDS
def test_every_file_ends_in_one_line_break(kind):
    scaffold = Scaffold(kind, "mine")
    for text in {**scaffold.distribution_files(), **scaffold.single_file()}.values():
        assert not text or (text.endswith("\n") and not text.endswith("\n\n"))
        assert "\n\n\n\n" not in text


@pytest.mark.parametrize("name", ["", "Mine", "3d", "a b", "a/b", "-a", "a-", "a.b", "é", "../a"])
def test_a_bad_name_is_refused(name):
    with pytest.raises(UsageError, match="is a bad name: write words of a-z and 0-9"):
        Scaffold("method", name)


@pytest.mark.parametrize("name", ["lambda", "print", "list"])
def test_a_word_of_python_is_refused(name):
    with pytest.raises(UsageError, match="is a word of Python: choose another name"):
        Scaffold("metric", name)


def test_a_name_that_the_source_uses_is_refused():
    with pytest.raises(UsageError, match="'stage' names something else in the plugin's own source"):
        Scaffold("method", "stage").distribution_files()


def test_a_name_of_a_module_is_refused():
    with pytest.raises(UsageError, match="there is a module 'json' already: choose another name"):
        Scaffold("report", "json").single_file()
    with pytest.raises(UsageError, match="there is a module 'harness_noise' already"):
        Scaffold("report", "noise").distribution_files()


def test_nothing_is_overwritten(tmp_path):
    files = Scaffold("metric", "mine").distribution_files()
    (tmp_path / "harness-mine").mkdir()
    with pytest.raises(UsageError, match="harness-mine exists already, and nothing is overwritten"):
        write_scaffold(files, tmp_path)
    assert list((tmp_path / "harness-mine").iterdir()) == []
