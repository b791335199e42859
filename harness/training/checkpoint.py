"""Checkpoints: everything that training needs to go on as if it had never stopped."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from harness.results.records import StageRecord
from harness.util.files import write_with

SCHEMA = 1


@dataclass
class Checkpoint:
    """The state of a fit between two iterations.

    Random numbers need no state: each iteration derives its own seed.

    Attributes:
        stage: index of the stage in training.
        iteration: iterations of the stage that are done.
        seconds: wall time that they took.
        method: weights of the method.
        module: weights of the stage, those that it shares with the method included.
        optimizer: state of the optimizer.
        scaler: state of the gradient scaler of fp16; empty for none.
        average: state of the moving average of the weights; empty for none.
        finished: what the stages before this one did.
    """

    stage: int
    iteration: int
    seconds: float
    method: dict[str, Any]
    module: dict[str, Any]
    optimizer: dict[str, Any]
    scaler: dict[str, Any] = field(default_factory=dict)
    average: dict[str, Any] = field(default_factory=dict)
    finished: list[StageRecord] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write the checkpoint atomically."""
        state = {
            **vars(self),
            "schema": SCHEMA,
            "finished": [asdict(record) for record in self.finished],
        }
        write_with(path, lambda temporary: torch.save(state, temporary))


def load_checkpoint(path: Path) -> Checkpoint | None:
    """Read a checkpoint; None where there is none, or none of this version."""
    if not path.exists():
        return None
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state.pop("schema") != SCHEMA:
        return None
    state["finished"] = [StageRecord(**record) for record in state["finished"]]
    return Checkpoint(**state)
