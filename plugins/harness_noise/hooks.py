"""Announces the command that measures noise, and what the residual of a method tells."""

from harness import CommandSpec, MetricSpec, hookimpl


@hookimpl
def harness_register_commands() -> CommandSpec:
    """Announce ``harness noise``."""
    return CommandSpec(
        name="noise",
        target="harness_noise.command:command",
        summary="Measure the noise of a dataset and what it means for methods.",
    )


@hookimpl
def harness_register_metrics() -> tuple[MetricSpec, ...]:
    """Announce what needs no ground truth, and ranks no methods."""
    return (
        MetricSpec(
            name="residual-correlation",
            target="harness_noise.residual:residual_correlation",
            summary="Without ground truth: how what was taken away correlates with itself.",
            notes=(
                "white noise: the strongest correlation of the residual, noisy minus denoised, "
                "with itself within a radius, pooled over channels. 0 is expected of a perfect "
                "method if the noise is white, which that of photographs is not. A method that "
                "takes little away may have 0 as well, so it ranks no methods."
            ),
            compares="noisy",
            ranks=False,
            label="Residual corr.",
            protocol="white noise",
            higher_is_better=False,
            decimals=3,
            tolerance=0.01,
            rounding="none",
        ),
        MetricSpec(
            name="residual-structure",
            target="harness_noise.residual:residual_structure",
            summary="Without ground truth: how what was taken away depends on the image.",
            notes=(
                "independent noise: the rank correlation, over blocks of 8x8 pixels, of the "
                "strength of the residual, noisy minus denoised, with the variance of the "
                "denoised image, but for what intensity explains of both. About 0 is expected of "
                "a perfect method if the strength of the noise depends on intensity alone; edges "
                "that were blurred, and texture that was spared, make it larger. A method that "
                "takes little away may be near 0 as well, so it ranks no methods."
            ),
            compares="noisy",
            ranks=False,
            label="Residual struct.",
            protocol="independent noise",
            higher_is_better=False,
            decimals=3,
            tolerance=0.01,
            rounding="none",
        ),
    )
