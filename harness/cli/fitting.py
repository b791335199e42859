"""The options of commands that train and test methods, and the request that they make."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from harness.cli import types
from harness.cli.completion import Name, Names
from harness.cli.options import cut_at_equals, roots_of
from harness.errors import UsageError
from harness.runs.request import Request

C = TypeVar("C", bound=Callable[..., Any])

_FIT = (
    click.option(
        "--train",
        type=Name("dataset"),
        default="",
        help="Dataset to train on; else the tested one's default.",
    ),
    click.option(
        "--train-on",
        type=click.Choice(["train", "test"]),
        default="train",
        show_default=True,
        help="Training images, or the noisy half of the test images; the table says so.",
    ),
    click.option(
        "--clean",
        type=Name("dataset"),
        default="",
        help="Dataset of clean images for unpaired training; else other scenes of the training "
        "data.",
    ),
    click.option(
        "--budget",
        type=types.Budget(),
        default="quick",
        show_default=True,
        help="'quick': narrowed for a CPU; 'paper': as published; '2000it'; '15m'; 'quick:2000it'.",
    ),
    click.option(
        "--seeds",
        type=types.Seeds(),
        default="0",
        show_default=True,
        help="Seeds, such as '0,1,2'.",
    ),
    click.option(
        "--device",
        default="auto",
        show_default=True,
        help="cpu, cuda (all GPUs), cuda:1, cuda:0,2, mps, auto.",
    ),
    click.option(
        "--precision",
        type=click.Choice(["fp32", "tf32", "bf16", "fp16"]),
        default="fp32",
        show_default=True,
        help="Precision of training and inference; bf16 and fp16 are mixed with fp32.",
    ),
    click.option(
        "--processes",
        type=types.WholeNumber(1),
        default=1,
        show_default=True,
        help="Data-parallel processes of a fit.",
    ),
    click.option(
        "--launcher",
        type=Name("launcher"),
        multiple=True,
        metavar="[METHOD=]LAUNCHER",
        help="Where jobs start, such as 'slurm[gpus=1]', and those of one method, such as "
        "'mine=slurm[gpus=1,memory=64G]'; repeatable.  [default: local, or accelerate]",
    ),
    click.option(
        "--accumulate",
        type=types.WholeNumber(1),
        default=1,
        show_default=True,
        help="Parts into which a batch is cut to save memory.",
    ),
    click.option(
        "--compile", "compile_", is_flag=True, help="Compile the stages with torch.compile."
    ),
    click.option(
        "--checkpoint-every",
        type=types.Number(0),
        default=20.0,
        show_default=True,
        metavar="SECONDS",
        help="Time between checkpoints; they take a hundredth of it at most.",
    ),
    click.option("--tile", type=types.WholeNumber(16), help="Side of the tiles for large images."),
)

_JOB = (
    click.option(
        "--jobs",
        type=types.CountOrAuto(),
        default="auto",
        show_default=True,
        metavar="N|auto",
        help="Jobs side by side; auto: one on each GPU, or one on a CPU.",
    ),
    click.option("--fresh", is_flag=True, help="Do again what is done."),
    click.option(
        "--timeout", type=types.Duration(), help="Time that a job may run, such as '30m'."
    ),
    click.option(
        "--offline",
        is_flag=True,
        help="Download nothing, neither weights nor anything else.  [env: HARNESS_OFFLINE]",
    ),
    click.option("--quiet", is_flag=True, help="No progress bars."),
    click.option(
        "--log-with",
        type=Names("tracker"),
        default="",
        metavar="TRACKERS",
        help="Trackers that are told how fits go on, such as 'tensorboard'; see: harness list "
        "trackers.",
    ),
)


def fit_options(command: C) -> C:
    """Add what says how a method is trained, and on what it computes."""
    for option in reversed(_FIT):
        command = option(command)
    return command


def job_options(command: C) -> C:
    """Add what says how jobs are carried out."""
    for option in reversed(_JOB):
        command = option(command)
    return command


def fit_request(options: dict[str, Any], **others: Any) -> Request:
    """What these options, and those that say where data lie, ask for.

    Args:
        options: their values.
        others: what else is asked for, by the names of :class:`Request`.

    Raises:
        UsageError: an option cannot be read.
    """
    launcher, launchers = _launchers(options["launcher"])
    return Request(
        train=options["train"],
        train_on=options["train_on"],
        clean=options["clean"],
        budget=options["budget"],
        seeds=options["seeds"],
        device=options["device"],
        jobs=options["jobs"],
        precision=options["precision"],
        processes=options["processes"],
        launcher=launcher,
        launchers=launchers,
        accumulate=options["accumulate"],
        compile=options["compile_"],
        checkpoint_seconds=options["checkpoint_every"],
        tile=options["tile"],
        roots=roots_of(options["root"], options["data_root"]),
        fresh=options["fresh"],
        timeout=options["timeout"],
        offline=options["offline"],
        log_with=options["log_with"],
        **others,
    )


def _launchers(texts: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The launcher of all methods, empty for none, and those of some methods by their selectors.

    Raises:
        UsageError: there are two for all methods, or for the same.
    """
    found: dict[str, str] = {}
    for text in texts:
        method, equals, launcher = cut_at_equals(text)
        method, launcher = (method, launcher) if equals else ("", text)
        if method in found:
            whose = f"of {method}" if method else "of all methods"
            raise UsageError(f"--launcher: there is one {whose} already; leave out {text!r}")
        found[method] = launcher
    return found.pop("", ""), found
