"""Options that several commands share, and what they mean."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.data.roots import Roots

C = TypeVar("C", bound=Callable[..., Any])


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


def roots_of(root: Sequence[str], data_root: Path | None) -> "Roots":
    """Where datasets lie, from the values of ``--root`` and ``--data-root``.

    Raises:
        UsageError: a value of ``--root`` cannot be read.
    """
    from harness.data.roots import Roots

    named = {}
    for text in root:
        name, equals, folder = text.partition("=")
        if not equals or not name or not folder:
            raise UsageError(f"cannot read --root {text!r}: write NAME=DIR")
        named[name] = Path(folder)
    return Roots(named, data_root)
