"""The folders of datasets that the user has said once and for all, in a file of the user's own.

``$XDG_CONFIG_HOME/harness/config.toml``, ``~/.config`` by default::

    [roots]
    mine = "/data/mine"

``harness data path`` writes it; people may, too. What else stands in the file is left as it is.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.data.folders import dataset_root
from harness.errors import UsageError
from harness.util.files import write_text
from harness.util.text import first_line

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

TABLE = "roots"


def configuration_file() -> Path:
    """The file in which folders are kept.

    Raises:
        UsageError: nobody says where the home folder is.
    """
    try:
        folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    except RuntimeError as error:
        raise UsageError("cannot find the home folder; set XDG_CONFIG_HOME") from error
    return Path(folder) / "harness" / "config.toml"


def kept_roots() -> dict[str, Path]:
    """The folder of every dataset that has one; those of relative paths are below the file's.

    Raises:
        UsageError: the file cannot be understood; says what to do.
        DataError: the home folder that one names is unknown.
    """
    path = configuration_file()
    table = _read(path).get(TABLE, {})
    if not isinstance(table, Mapping):
        raise UsageError(f"{path}: {TABLE!r} must be a table, [{TABLE}]")
    for name, folder in table.items():
        if not isinstance(folder, str) or not folder or "\0" in folder:
            raise UsageError(f"{path}: [{TABLE}] {name!r} must be a folder, as text")
    return {name: path.parent / dataset_root(folder) for name, folder in table.items()}


def keep_root(name: str, folder: Path) -> Path:
    """Keep the folder of a dataset in the user's file, in place of another if there is one.

    Args:
        name: of the dataset.
        folder: its absolute path.

    Returns:
        The file.

    Raises:
        UsageError: the file cannot be understood.
        OSError: it cannot be written; an older one stays.
    """
    from tomlkit import dumps

    path = configuration_file()
    kept_roots()  # a file that is broken is not written to
    document = _read(path)
    document.setdefault(TABLE, {})[name] = str(folder)
    write_text(path.resolve(), dumps(document))  # it may be a link to a file kept elsewhere
    return path


def _read(path: Path) -> "TOMLDocument":
    """The file, with its comments; an empty one where there is none."""
    from tomlkit import parse  # which listing plugins need not import
    from tomlkit.exceptions import TOMLKitError

    try:
        return parse(path.read_text(encoding="utf-8") if path.exists() else "")
    except (TOMLKitError, ValueError, RecursionError) as error:
        raise UsageError(
            f"cannot read the configuration {path}: {first_line(error)}; mend the file, or remove "
            "it and name the folders again"
        ) from error
    except OSError as error:
        raise UsageError(f"cannot read the configuration {path}: {error.strerror}") from error
