"""The configuration file: the command line's options under the same names.

``harness.toml``, or ``[tool.harness]`` in ``pyproject.toml``, in the current folder::

    plugin = ["./mine.py"]

    [run]
    methods = ["mine", "other[width=32]"]
    seeds = [0, 1, 2]

What the command line says goes before the file. A value must have the type of its option, which
then checks it as it checks what is typed.
"""

import reprlib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from harness.cli.types import Commas, CountOr
from harness.errors import UsageError
from harness.util.text import did_you_mean, first_line

_COMMON = ("plugin", "strict-plugins", "debug")
"""Keys outside the tables: the options that all commands share."""

_ITEMS = (str, int, float)
"""What a list holds that stands for text with commas."""

_WHOLE, _NUMBER = type(click.INT), type(click.FLOAT)  # ranges are derived from these


@dataclass(frozen=True)
class Config:
    """What a configuration file says; nothing where there is none.

    Attributes:
        path: of the file.
        values: its keys at the top level, and a table per command.
    """

    path: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def plugins(self) -> list[str]:
        """Values of ``--plugin``; paths are relative to the file."""
        folder = self.path.parent if self.path else Path()
        return [
            str(folder / name) if name.endswith(".py") else name
            for name in self.values.get("plugin", [])
        ]

    @property
    def strict_plugins(self) -> bool:
        """Value of ``--strict-plugins``."""
        return bool(self.values.get("strict-plugins"))

    @property
    def debug(self) -> bool:
        """Value of ``--debug``."""
        return bool(self.values.get("debug"))

    def check_tables(self, commands: Collection[str]) -> None:
        """Refuse what is neither a common option nor the table of one of these commands.

        Raises:
            UsageError: a key does not exist, or should be a table; names the file.
        """
        for key, value in self.values.items():
            if key in commands:
                _checked(f"{self.path}: {key!r}", value, (dict,), f"a table, [{key}]")
            elif key not in _COMMON:
                near = did_you_mean(key, [*_COMMON, *commands])
                raise UsageError(f"{self.path}: unknown key {key!r}{near}")

    def defaults_of(self, command: click.Command) -> dict[str, Any]:
        """Defaults of a command's options, by parameter name, for click's ``default_map``.

        A list given to an option that takes comma-separated text is joined.

        Raises:
            UsageError: the command's table has a key that is none of its options, or a value that
                its option would refuse; names the file, the table and the key.
        """
        options = {
            name.lstrip("-"): parameter
            for parameter in command.params
            if isinstance(parameter, click.Option) and parameter.expose_value
            for name in parameter.opts
            if name.startswith("--")
        }
        defaults = {}
        for key, value in self.values.get(command.name or "", {}).items():
            where = f"{self.path}: [{command.name}]"
            if key not in options:
                raise UsageError(f"{where} has an unknown key {key!r}{did_you_mean(key, options)}")
            defaults[str(options[key].name)] = _as_default(f"{where} {key!r}", options[key], value)
        return defaults


def _as_default(where: str, option: click.Option, value: Any) -> Any:
    """A value of the file in the form that click expects, if its option takes it."""
    if option.is_flag:
        return _checked(where, value, (bool,), "true or false")
    if option.multiple:
        items = value if isinstance(value, list) else [value]
        return [_converted(where, option, item) for item in items]
    return _converted(where, option, value)


def _converted(where: str, option: click.Option, value: Any) -> Any:
    """Check a value as the command line does; returns what stands for it there."""
    if isinstance(option.type, Commas) and isinstance(value, list):
        items = (_checked(where, item, _ITEMS, "a list of texts or numbers") for item in value)
        value = ",".join(map(str, items))
    value = _checked(where, value, *_expected(option.type))
    if isinstance(option.type, Commas):
        value = str(value)
    try:
        option.type.convert(value, option, None)
    except (click.ClickException, UsageError) as error:
        text = error.message if isinstance(error, click.ClickException) else str(error)
        raise UsageError(f"{where}: {text.rstrip('.')}") from error
    return value


def _expected(kind: object) -> tuple[tuple[type, ...], str]:
    """The types that a value may have in the file, and what to call them."""
    if isinstance(kind, _WHOLE):
        return (int,), "a whole number"
    if isinstance(kind, _NUMBER):
        return (int, float), "a number"
    if isinstance(kind, CountOr):
        return (int, str), "a whole number or text"
    if isinstance(kind, Commas):
        return _ITEMS, "text or a list"
    return (str,), "text"


def _checked(where: str, value: Any, types: tuple[type, ...], expected: str) -> Any:
    """The value, if its type is one of some; booleans are no numbers."""
    if type(value) not in types:
        raise UsageError(f"{where} must be {expected}, not {_shown(value)}")
    if isinstance(value, str) and "\0" in value:
        raise UsageError(f"{where} must not hold the character NUL")
    return value


def _shown(value: Any) -> str:
    """A value as it stands in the file, cut short."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    return reprlib.repr(value) if isinstance(value, (str, int, float, list)) else str(value)


def read_config(path: Path | None) -> Config:
    """Read a configuration file.

    Args:
        path: None: that of the current folder, if there is one.

    Raises:
        UsageError: the file cannot be read, or a common option has the wrong type; names the file.
    """
    if path is not None:
        values = _parse(path)
        is_project = path.name == "pyproject.toml"
    else:
        path, is_project = Path("harness.toml"), False
        if not path.is_file():
            path, is_project = Path("pyproject.toml"), True
        if not path.is_file():
            return Config()
        values = _parse(path)
    if is_project:
        tools = _checked(f"{path}: 'tool'", values.get("tool", {}), (dict,), "a table, [tool]")
        values = _checked(f"{path}: [tool] 'harness'", tools.get("harness", {}), (dict,), "a table")
    _check_common(path, values)
    return Config(path, values)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        what = "its brackets nest too deeply"
    except OSError as error:
        what = error.strerror or first_line(error)
    except ValueError as error:
        what = first_line(error)
    raise UsageError(f"cannot read the configuration {path}: {what}")


def _check_common(path: Path, values: Mapping[str, Any]) -> None:
    """Refuse common options that have another type than theirs."""
    for key in _COMMON:
        if key not in values:
            continue
        where = f"{path}: {key!r}"
        if key == "plugin":
            for item in _checked(where, values[key], (list,), "a list of texts"):
                _checked(where, item, (str,), "a list of texts")
        else:
            _checked(where, values[key], (bool,), "true or false")
