"""What tests share: the real data, the toy plugin, and a clean slate for accelerate."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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

    def run(*arguments: str) -> tuple[int, str, str]:
        from harness.cli import execute

        code = execute(list(arguments))
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def fresh_accelerate() -> Iterator[None]:
    """Let a test make an Accelerator of its own; the library keeps one state per process."""
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Reference data that lies beside the project, where it does."""
    return Path(os.environ.get("HARNESS_SHARED", ROOT.parent / "shared"))
