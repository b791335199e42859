"""Announces the command that measures noise."""

from harness import CommandSpec, hookimpl


@hookimpl
def harness_register_commands() -> CommandSpec:
    """Announce ``harness noise``."""
    return CommandSpec(
        name="noise",
        target="harness_noise.command:command",
        summary="Measure the noise of a dataset and what it means for methods.",
    )
