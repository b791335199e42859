"""The loss curve of a fit: a line of JSON per logged step."""

import json
from pathlib import Path
from typing import Any

from harness.util.files import write_text


class LossCurve:
    """Appends to ``losses.jsonl``, and goes back to an iteration when training resumes there.

    Each line holds ``stage``, ``iteration``, ``loss`` (mean since the line before),
    ``learning_rate`` and ``seconds`` (of the stage).

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, **line: Any) -> None:
        """Add a line."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def rewind(self, stage: int, iteration: int) -> None:
        """Drop the lines after an iteration of a stage, given as its index."""
        if not self.path.exists():
            return
        kept = [
            line
            for line in self.path.read_text(encoding="utf-8").splitlines(keepends=True)
            if _is_before(line, stage, iteration)
        ]
        write_text(self.path, "".join(kept))


def _is_before(line: str, stage: int, iteration: int) -> bool:
    try:
        data = json.loads(line)
    except json.JSONDecodeError:  # the line that a kill cut short
        return False
    return (data["stage"], data["iteration"]) <= (stage, iteration)
