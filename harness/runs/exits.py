"""Why the process of a job ended without leaving a record."""

import signal
from pathlib import Path


def exit_reason(status: int, log: Path) -> str:
    """Say in one line why a process ended.

    Args:
        status: exit status, negative for a signal.
        log: what the process printed; its last line is quoted.
    """
    if status == -signal.SIGKILL:
        return "its process was killed; the system does so when memory runs out"
    how = f"by signal {-status}" if status < 0 else f"with status {status}"
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")
    return f"its process ended {how}: {last} (see {log})"
