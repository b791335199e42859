"""The loss curve of a fit: a line of JSON per logged step."""

import json
from pathlib import Path
from typing import Any

from harness.errors import DamagedFileError
from harness.util.files import room_for, write_text


class LossCurve:
    """Appends to ``losses.jsonl``, and goes back to an iteration when training resumes there.

    Each line holds ``stage``, ``iteration``, ``loss`` (mean since the line before),
    ``learning_rate`` and ``seconds`` (of the stage).

    Args:
        path: where the file is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, **line: Any) -> None:
        """Add a line.

        Raises:
            DiskFullError: the disk is full.
        """
        with room_for(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def rewind(self, stage: int, iteration: int) -> None:
        """Drop the lines after an iteration of a stage, given as its index.

        Raises:
            DamagedFileError: the file holds something other than a loss curve.
        """
        if not self.path.exists():
            return
        try:
            *lines, cut_short = self.path.read_text(encoding="utf-8").split("\n")
            if cut_short and not cut_short.startswith("{"):  # not the work of a kill
                raise ValueError(f"no line of a loss curve: {cut_short!r}")
            kept = [line for line in lines if _place(line) <= (stage, iteration)]
        except (ValueError, RecursionError) as error:
            raise DamagedFileError(f"the loss curve {self.path} is damaged") from error
        write_text(self.path, "".join(f"{line}\n" for line in kept))


def _place(line: str) -> tuple[int, int]:
    """The stage and the iteration of a line.

    Raises:
        ValueError: it is no line of a loss curve.
    """
    data = json.loads(line)
    match data:
        case {"stage": int(stage), "iteration": int(iteration), "loss": float() | int()}:
            return stage, iteration
    raise ValueError(f"no line of a loss curve: {line!r}")
