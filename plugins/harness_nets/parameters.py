"""Types of parameters that many methods declare alike, and a check that they share."""

from typing import Annotated, Literal

from harness import Minimum, Parameter, ParameterError, Role

AtLeastTwo = Annotated[int, Minimum(2)]
"""A whole number from 2."""

Denoiser = Annotated[str, Role("denoiser")]
"""The selector of a network from images to images."""

BlindNetwork = Annotated[str, Role("blind")]
"""The selector of a network that does not see the pixel it writes."""

Schedule = Literal["steps", "cosine"]
"""How a learning rate falls: by steps, as most code is released, or along a cosine."""

CHANNELS = Parameter(name="channels", default=3, minimum=1, help="of the images; set from the data")


def training(
    *,
    iterations: int,
    batch_size: int,
    crop: int,
    learning_rate: float,
    iterations_help: str = "of training",
    crop_help: str = "side of the crops in pixels",
    rate_help: str = "at the start",
) -> tuple[Parameter, ...]:
    """The recipe of a method: ``iterations``, ``batch_size``, ``crop`` and ``learning_rate``.

    Args:
        iterations: default, as published.
        batch_size: default, in crops.
        crop: default, side in pixels.
        learning_rate: default.
        iterations_help: what the iterations are of.
        crop_help: what the side of the crops must be.
        rate_help: what the learning rate is of.
    """
    return (
        Parameter(name="iterations", default=iterations, minimum=1, help=iterations_help),
        Parameter(name="batch_size", default=batch_size, minimum=1, help="crops in a step"),
        Parameter(name="crop", default=crop, minimum=1, help=crop_help),
        Parameter(name="learning_rate", default=learning_rate, minimum=0, help=rate_help),
    )


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


def refinement(on: bool = True) -> tuple[Parameter, ...]:
    """Those of :func:`harness_nets.refinement.random_replacing_refinement`.

    Args:
        on: whether it is used unless the user says otherwise.
    """
    return (
        Parameter(name="r3", default=on, help="random-replacing refinement at test time"),
        Parameter(name="r3_times", default=8, minimum=1, help="T, passes of the refinement"),
        Parameter(
            name="r3_probability",
            default=0.16,
            minimum=0,
            help="p, share of values that a pass replaces by the noisy ones",
        ),
        Parameter(name="r3_seed", default=0, minimum=0, help="of the refinement's masks"),
    )
