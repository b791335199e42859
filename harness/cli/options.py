"""Options that several commands share, and what they mean."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click
from click.core import ParameterSource

from harness.errors import UsageError
from harness.specs import ShownPublished

if TYPE_CHECKING:
    from harness.data.roots import Roots
    from harness.results.reference import Reference

C = TypeVar("C", bound=Callable[..., Any])

RUNS = Path("runs")
"""Where ``harness run`` keeps everything, unless it is told otherwise."""


def data_options(command: C) -> C:
    """Add ``--data-root`` and ``--root``, which say where datasets lie, see :func:`roots_of`."""
    data_root = click.option(
        "--data-root",
        type=click.Path(path_type=Path),
        help="Folder with a folder per dataset.  [default: $HARNESS_DATA]",
    )
    root = click.option(
        "--root", multiple=True, metavar="NAME=DIR", help="Folder of a dataset; repeatable."
    )
    return data_root(root(command))


def out_option(command: C) -> C:
    """Add ``--out``: the folder of all results."""
    return click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("runs"),
        show_default=True,
        help="Where results go; what is done there is not done again.",
    )(command)


def published_option(command: C) -> C:
    """Add ``--published``: which published values the table shows."""
    return click.option(
        "--published",
        type=click.Choice(get_args(ShownPublished)),
        default="agreeing",
        show_default=True,
        help="Published values: those beside which dataset, protocol, budget and training data "
        "agree; all, others in a table of their own with what differs; none.",
    )(command)


def with_published_option(report: "Reference", published: str) -> "Reference":
    """A report that shows the published values asked for, where its own parameter is default."""
    if report.parameters.get("published") != "agreeing":
        return report
    return replace(report, parameters={**report.parameters, "published": published})


def roots_of(root: Sequence[str], data_root: Path | None) -> "Roots":
    """Where datasets lie, from the values of ``--root`` and ``--data-root``.

    Values that stand in the configuration file go behind the environment, as the rest of it does.

    Raises:
        UsageError: a value of ``--root`` cannot be read.
    """
    from harness.data.roots import Roots

    named = named_roots(root)
    in_file = {name for name in ("root", "data_root") if _stands_in_file(name)}
    return Roots(
        named={} if "root" in in_file else named,
        base=None if "data_root" in in_file else data_root,
        configured=Roots(
            named=named if "root" in in_file else {},
            base=data_root if "data_root" in in_file else None,
        ),
    )


def named_roots(root: Sequence[str]) -> dict[str, Path]:
    """The folder by dataset of values of ``--root``.

    Raises:
        UsageError: a value cannot be read.
    """
    named = {}
    for text in root:
        name, equals, folder = text.partition("=")
        if not equals or not name or not folder:
            raise UsageError(f"cannot read --root {text!r}: write NAME=DIR")
        named[name] = Path(folder)
    return named


def cut_at_equals(text: str) -> tuple[str, str, str]:
    """Cut at the first equals sign that does not stand in brackets."""
    depth = 0
    for index, character in enumerate(text):
        depth += {"[": 1, "]": -1}.get(character, 0)
        if character == "=" and depth == 0:
            return text[:index], "=", text[index + 1 :]
    return text, "", ""


def _stands_in_file(name: str) -> bool:
    """Whether the value of an option of the command that runs comes from the configuration."""
    context = click.get_current_context(silent=True)
    source = context.get_parameter_source(name) if context else None
    return source is ParameterSource.DEFAULT_MAP
