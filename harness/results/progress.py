"""How far a running job is, as a small file that any process can read."""

import time
from dataclasses import dataclass
from pathlib import Path

from harness.results.serial import from_text, to_text
from harness.util.files import write_text


@dataclass(frozen=True)
class Progress:
    """How far a running job is, as its process last wrote it.

    Attributes:
        fraction: in [0, 1].
        text: what it does, such as the stage, the loss, or the image.
        per_second: iterations or images per second.
        unit: what is counted, ``it`` or ``images``.
    """

    fraction: float
    text: str
    per_second: float
    unit: str


class ProgressFile:
    """``progress.json`` in a job's folder: replaced a few times a second.

    Args:
        folder: of the job.
        interval: seconds between two writes.
    """

    def __init__(self, folder: Path, interval: float = 0.25) -> None:
        self.path = folder / "progress.json"
        self.interval = interval
        self._written = -float("inf")

    def write(self, progress: Progress) -> None:
        """Write it, unless that was done a moment ago."""
        now = time.monotonic()
        if now - self._written >= self.interval:
            self._written = now
            write_text(self.path, to_text(progress))

    def read(self) -> Progress | None:
        """Read the latest; None before the first."""
        try:
            return from_text(Progress, self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None


class Pace:
    """How fast a job goes on, from when it was first heard of: it may have resumed half-way."""

    def __init__(self) -> None:
        self._start: tuple[float, float] | None = None  # time and fraction

    def seconds_left(self, now: float, fraction: float) -> float | None:
        """The time that is left; None as long as it cannot be told.

        Args:
            now: a time in seconds, by the same clock at every call.
            fraction: of the job that is done then, in [0, 1].
        """
        if self._start is None:
            self._start = now, fraction
        began, at_first = self._start
        if fraction >= 1:
            return 0.0
        if fraction <= at_first:
            return None
        return (now - began) * (1 - fraction) / (fraction - at_first)
