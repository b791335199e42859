"""What tests share: the toy plugin, the wheel, folders of their own, a new state of accelerate."""

import fcntl
import os
import shutil
import subprocess
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side; torch reads it at import

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import setuptools  # noqa: F401 (PyTorch's compiler imports it late, and not where distutils is loaded)

ROOT = Path(__file__).parent.parent
TOYS = ROOT / "tests" / "toys" / "toys.py"


@pytest.fixture
def toys() -> Path:
    """The single-file plugin with small methods and a small dataset."""
    return TOYS


@pytest.fixture
def in_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command line in an empty folder; returns its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    # for good, in a process whose memory other tests measure
    monkeypatch.setattr("harness.cli.denoise.keep_freed_memory", lambda: False)

    def run(*arguments: str) -> tuple[int, str, str]:
        from harness.cli import execute

        code = execute(list(arguments))
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what is remembered between processes out of the user's cache, and download nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("TORCH_HOME", raising=False)
        patch.setenv("HARNESS_OFFLINE", "1")
        yield


@pytest.fixture(scope="session")
def _configurations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders for the configurations of tests, none of which is there yet."""
    folder = tmp_path_factory.mktemp("configurations")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def _own_configuration(_configurations: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what a test says of its folders out of the user's configuration."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(next(_configurations)))


@pytest.fixture(autouse=True)
def _forgotten_modules(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Forget the modules that a test wrote, so that the next may write others of that name."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    if "tmp_path" not in request.node.funcargs:
        return
    folder = str(request.node.funcargs["tmp_path"])
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(folder):
            del sys.modules[name]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this project, built once by whichever process of a session is the first."""
    pytest.importorskip("build")
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # that of all processes
    with (folder / "wheel.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = folder / "wheel"
        if not built.exists():
            _build(folder / "sources", built)
    (found,) = built.glob("*.whl")
    return found


def _build(sources: Path, built: Path) -> None:
    """Build from a copy, for a build leaves files beside what it reads."""
    sources.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    for folder in ("harness", "plugins", "datasets", "reports"):
        unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / folder, sources / folder, ignore=unwanted)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    subprocess.run([*build, built, sources], check=True, capture_output=True)
    shutil.rmtree(sources)


@pytest.fixture
def fresh_accelerate() -> Iterator[None]:
    """Let a test make an Accelerator of its own; the library keeps one state per process."""
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)
