"""What a fit says while it goes on, and how it ends when it is asked to stop."""

from dataclasses import dataclass


class StopRequestedError(Exception):
    """Training was asked to stop; its checkpoint is written."""


@dataclass(frozen=True)
class TrainingProgress:
    """How far a fit is.

    Attributes:
        stage: name of the stage.
        fraction: part of the whole fit that is done, in [0, 1].
        loss: mean since the last point of the loss curve; None before the first.
        per_second: iterations per second.
    """

    stage: str
    fraction: float
    loss: float | None
    per_second: float
