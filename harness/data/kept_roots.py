"""The folders of datasets that the user has said once and for all, in a file of the user's own.

``$XDG_CONFIG_HOME/harness/config.toml``, ``~/.config`` by default::

    [roots]
    polyu = "/data/PolyU"

``harness data path`` writes it; people may, too. What else stands in the file is left as it is.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.data.folders import dataset_root
from harness.errors import UsageError
from harness.util.files import write_text
from harness.util.text import first_line

TABLE = "roots"

_HEAD = re.compile(r"\s*\[\s*roots\s*\]\s*(#.*)?")
_ANY_HEAD = re.compile(r"\s*\[.*")
_ENTRY = re.compile(r"""\s*["']?(?P<name>[A-Za-z0-9_-]+)["']?\s*=.*""")


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
    table = _parsed(path, _text(path)).get(TABLE, {})
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
        UsageError: the file cannot be understood, or not be changed without changing more.
        OSError: it cannot be written; an older one stays.
    """
    path = configuration_file()
    text = _text(path)
    kept_roots()  # a file that is broken is not written to
    wanted = _parsed(path, text)
    wanted[TABLE] = {**wanted.get(TABLE, {}), name: str(folder)}
    line = f"{name} = {json.dumps(str(folder), ensure_ascii=False)}"
    changed = _with_line(text, name, line)
    if _understood(changed) != wanted:
        raise UsageError(f"cannot change {path} and leave the rest as it is: write into it {line}")
    write_text(path.resolve(), changed)  # it may be a link to a file that is kept elsewhere
    return path


def _with_line(text: str, name: str, line: str) -> str:
    """The text of a file with a line for one name in its table of folders."""
    lines = text.splitlines()
    head = next((n for n, each in enumerate(lines) if _HEAD.fullmatch(each)), None)
    if head is None:
        gap = [""] if lines and lines[-1].strip() else []
        return "\n".join([*lines, *gap, f"[{TABLE}]", line, ""])
    following = range(head + 1, len(lines))
    end = next((n for n in following if _ANY_HEAD.fullmatch(lines[n])), len(lines))
    for number in range(head + 1, end):
        found = _ENTRY.fullmatch(lines[number])
        if found and found["name"] == name:
            lines[number] = line
            return "\n".join([*lines, ""])
    return "\n".join([*lines[: head + 1], line, *lines[head + 1 :], ""])


def _text(path: Path) -> str:
    """What the file holds; nothing where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or first_line(error)
        raise UsageError(f"cannot read the configuration {path}: {what}") from error


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"cannot read the configuration {path}: {first_line(error)}; mend the file, or remove "
            "it and name the folders again"
        ) from error


def _understood(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except ValueError:
        return None
