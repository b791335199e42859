"""Announces the launchers that come with the harness."""

from harness.plugin.hooks import hookimpl
from harness.specs import LauncherSpec


@hookimpl
def harness_register_launchers() -> list[LauncherSpec]:
    """Announce the launchers."""
    return [
        LauncherSpec(
            name="local",
            target="harness.launchers.local:LocalLauncher",
            summary="One process on this machine, forked from a server that has imported torch.",
        ),
        LauncherSpec(
            name="accelerate",
            target="harness.launchers.accelerate:AccelerateLauncher",
            summary="Data-parallel processes on this machine, through accelerate's launcher.",
        ),
        LauncherSpec(
            name="slurm",
            target="harness.launchers.slurm.launcher:SlurmLauncher",
            summary="Jobs of a cluster on which Slurm schedules, which go on without the command.",
        ),
        LauncherSpec(
            name="ray",
            target="harness.launchers.ray:RayLauncher",
            summary="A task of a Ray cluster for every job.",
        ),
    ]
