"""How a method is trained, apart from its recipe."""

import math
from dataclasses import dataclass

from harness.errors import UsageError
from harness.specs import View
from harness.training.budget import Budget


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How a method is trained, apart from its recipe.

    Attributes:
        budget: how much.
        seed: root of every random draw.
        view: the most that a stage may see, as the method's spec announces it.
        checkpoint_seconds: wall time between checkpoints, at least; they take a hundredth of the
            time at most.
        accumulate: parts into which a batch is cut to save memory; the step is the same but for
            batch normalisation, which sees a part at a time, and for what the parts draw.
        compile: compile the stage with ``torch.compile``.
        previews: how often it is shown what the method makes of some training crops.
    """

    budget: Budget
    seed: int
    view: View = "noisy"
    checkpoint_seconds: float = 20.0
    accumulate: int = 1
    compile: bool = False
    previews: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.checkpoint_seconds) and self.checkpoint_seconds >= 0):
            raise UsageError(
                f"the time between checkpoints must be 0 seconds or more, and finite, not "
                f"{self.checkpoint_seconds:g}"
            )
