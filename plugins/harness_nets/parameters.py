"""Types of parameters that many methods declare alike, and a check that they share."""

from typing import Annotated, Literal, TypeVar

from harness import Constant, Cosine, Minimum, OneCycle, ParameterError, Role, Steps

AtLeastTwo = Annotated[int, Minimum(2)]
"""A whole number from 2."""

Denoiser = Annotated[str, Role("denoiser")]
"""The selector of a network from images to images."""

BlindNetwork = Annotated[str, Role("blind")]
"""The selector of a network that does not see the pixel it writes."""

Init = Literal["default", "orthogonal"]
"""How weights are drawn: as PyTorch does and as released, or so that colour passes."""

Schedule = Literal["steps", "cosine", "one-cycle"]
"""How a learning rate falls: by steps, as most code is released, along a cosine, or up and down."""

Released = TypeVar("Released", Constant, Steps, Cosine)
"""The course of a learning rate that a method is released with."""


def schedule_of(name: str, released: Released, final: float = 0.0) -> Released | Cosine | OneCycle:
    """The course of a learning rate, by its name.

    Args:
        name: ``cosine``, ``one-cycle``, or else that which the method is released with.
        released: the last of these.
        final: what a cosine leaves of the rate.
    """
    if name == "cosine":
        return Cosine(final)
    return OneCycle() if name == "one-cycle" else released


def check_crop(method: str, crop: int, multiple: int, to: str, parameter: str = "crop") -> None:
    """Refuse crops that cannot be cut up or pooled without a rest.

    Args:
        method: its name.
        crop: side in pixels.
        multiple: what it must be a multiple of.
        to: what asks for that, such as ``"train_stride=5"``.
        parameter: name of the parameter.

    Raises:
        ParameterError: it is no multiple; says one that is.
    """
    if crop % multiple:
        raise ParameterError(
            f"{method}: {parameter}={crop} does not fit {to}: set it to a multiple of {multiple}, "
            f"such as {-(-crop // multiple) * multiple}"
        )
