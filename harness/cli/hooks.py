"""Announces the commands that come with the harness."""

from harness.plugin.hooks import hookimpl
from harness.specs import CommandSpec


@hookimpl
def harness_register_commands() -> list[CommandSpec]:
    """Announce the commands."""
    return [
        CommandSpec(
            name="run",
            target="harness.cli.run:command",
            summary="Train and measure methods side by side, and print the table.",
        ),
        CommandSpec(
            name="submit",
            target="harness.cli.submit:command",
            summary="Denoise what others score, write the files they take, and check such files.",
        ),
        CommandSpec(
            name="report",
            target="harness.cli.report:command",
            summary="Write the table of a run to files.",
        ),
        CommandSpec(
            name="denoise",
            target="harness.cli.denoise:command",
            summary="Denoise photographs with a model, or with a method trained on them.",
        ),
        CommandSpec(
            name="export",
            target="harness.cli.export:command",
            summary="Write a trained method of a run as one file.",
        ),
        CommandSpec(
            name="runs",
            target="harness.cli.runs:command",
            summary="List runs with their state, age and size; show and remove them.",
        ),
        CommandSpec(
            name="compare",
            target="harness.cli.compare:command",
            summary="Say of every score whether it is worse than another run's or a baseline's.",
        ),
        CommandSpec(
            name="baseline",
            target="harness.cli.baseline:command",
            summary="Hold scores to baselines in a repository, or renew these.",
        ),
        CommandSpec(
            name="list",
            target="harness.cli.listing:command",
            summary="List methods, datasets, metrics and other plugins by name.",
        ),
        CommandSpec(
            name="show",
            target="harness.cli.show:command",
            summary="Show all that is known of a name.",
        ),
        CommandSpec(
            name="data",
            target="harness.cli.data:command",
            summary="Say which datasets are here; name their folders, verify and prepare them.",
        ),
        CommandSpec(
            name="new",
            target="harness.cli.new:command",
            summary="Write a plugin of one's own, which works as it stands.",
        ),
        CommandSpec(
            name="check",
            target="harness.cli.check:command",
            summary="Test plugins on what their kind must do, and methods on what they claim.",
        ),
        CommandSpec(
            name="plugins",
            target="harness.cli.plugins:command",
            summary="List plugins, where they come from, and their problems.",
        ),
    ]
