"""Checkpoints: everything that training needs to go on as if it had never stopped."""

import zipfile
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_origin

import torch

from harness.errors import DamagedFileError
from harness.results.records import StageRecord
from harness.results.serial import from_plain, plain
from harness.util.files import write_with

SCHEMA = 2


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
        losses: sum (scalar tensor) and number of the losses since the loss curve's last point,
            and that point's loss (None before the first).
        finished: what the stages before this one did.
    """

    stage: int
    iteration: int
    seconds: float
    method: dict[str, Any]
    module: dict[str, Any]
    optimizer: dict[str, Any]
    losses: dict[str, Any]
    scaler: dict[str, Any] = field(default_factory=dict)
    average: dict[str, Any] = field(default_factory=dict)
    finished: list[StageRecord] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write the checkpoint atomically.

        Raises:
            DiskFullError: the disk is full.
        """
        state = {
            **vars(self),
            "schema": SCHEMA,
            "finished": [plain(record) for record in self.finished],
        }

        def write(temporary: Path) -> None:
            with temporary.open("wb") as file:
                torch.save(state, file)

        write_with(path, write)


def load_checkpoint(path: Path) -> Checkpoint | None:
    """Read a checkpoint.

    Nothing in the file is executed, and the checksums of all its parts are compared.

    Returns:
        The checkpoint; None where there is none.

    Raises:
        DamagedFileError: the file is damaged, or of another version of the harness.
        OSError: the file cannot be read.
    """
    if not path.exists():
        return None
    try:
        with zipfile.ZipFile(path) as archive:  # torch does not compare checksums
            broken = archive.testzip()
        state = None if broken else torch.load(path, map_location="cpu", weights_only=True)
        return _checkpoint(state)
    except FileNotFoundError:  # another process of this fit has just set it aside
        return None
    except (OSError, MemoryError):
        raise
    except Exception as error:  # a damaged file fails in many ways
        raise DamagedFileError(f"the checkpoint {path} is damaged") from error


def _checkpoint(state: Any) -> Checkpoint:
    """A checkpoint made of what its file holds.

    Raises:
        KeyError, TypeError, ValueError: the file holds something else.
    """
    if state.pop("schema") != SCHEMA:
        raise ValueError("a checkpoint of another version")
    state["finished"] = [from_plain(StageRecord, record) for record in state["finished"]]
    checkpoint = Checkpoint(**state)
    for declared in fields(checkpoint):
        kind = get_origin(declared.type) or declared.type
        if not isinstance(getattr(checkpoint, declared.name), kind):  # type: ignore[arg-type]
            raise TypeError(f"{declared.name} is no {kind}")
    return checkpoint
