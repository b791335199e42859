"""The loss curve of a fit, as it lies in the fit's folder."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.results.names import LOSSES


@dataclass(frozen=True)
class LossPoint:
    """A point of a loss curve.

    Attributes:
        stage: index of the stage.
        iteration: of the stage, from 1.
        loss: mean since the point before.
        seconds: wall time of the stage.
        learning_rate: of the optimizer step; None where that is not known.
        preview: picture of some crops of noisy training images beside what the method makes of them
            now; None where there is none.
    """

    stage: int
    iteration: int
    loss: float
    seconds: float
    learning_rate: float | None = None
    preview: Path | None = None


def loss_point(data: Any, folder: Path) -> LossPoint:
    """Read a line of a loss curve.

    Args:
        data: of the line, from JSON.
        folder: of the fit.

    Raises:
        ValueError, KeyError, TypeError: it is no such line.
    """
    rate, preview = data.get("learning_rate"), data.get("preview")
    return LossPoint(
        stage=int(data["stage"]),
        iteration=int(data["iteration"]),
        loss=float(data["loss"]),
        seconds=float(data["seconds"]),
        learning_rate=None if rate is None else float(rate),
        preview=folder / preview if preview else None,
    )


class GrowingCurve:
    """The loss curve of a fit that goes on, a few points at a time.

    Args:
        folder: of the fit.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = 0  # bytes

    def further(self) -> list[LossPoint]:
        """The points that were added since the last call; none after a line that is damaged."""
        points: list[LossPoint] = []
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            with (self._folder / LOSSES).open("rb") as file:
                file.seek(self._read)
                lines = file.read().splitlines(keepends=True)
            for line in lines:
                if line.endswith(b"\n"):  # else it is being written
                    points.append(loss_point(json.loads(line), self._folder))
                    self._read += len(line)
        return points
