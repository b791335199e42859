"""The configuration file: the command line's options under the same names.

``harness.toml``, or ``[tool.harness]`` in ``pyproject.toml``, in the current folder::

    plugin = ["./mine.py"]

    [run]
    methods = ["mine", "other[width=32]"]
    seeds = [0, 1, 2]

What the command line says goes before the file.
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from harness.errors import UsageError
from harness.util.text import did_you_mean

_COMMON = {"plugin": list, "strict-plugins": bool, "debug": bool}


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

    def defaults_of(self, command: click.Command) -> dict[str, Any]:
        """Defaults of a command's options, by parameter name, for click's ``default_map``.

        A list given to an option that takes comma-separated text is joined.

        Raises:
            UsageError: the command's table has a key that is none of its options.
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
            if key not in options:
                raise UsageError(
                    f"{self.path}: [{command.name}] has an unknown key {key!r}"
                    f"{did_you_mean(key, options)}"
                )
            if isinstance(value, dict):
                raise UsageError(f"{self.path}: [{command.name}] {key!r} cannot be a table")
            defaults[str(options[key].name)] = _as_default(options[key], value)
        return defaults


def _as_default(option: click.Option, value: Any) -> Any:
    """A value of the file in the form that click expects for an option."""
    if option.multiple:
        return value if isinstance(value, list) else [value]
    return ",".join(map(str, value)) if isinstance(value, list) else value


def read_config(path: Path | None, commands: Collection[str]) -> Config:
    """Read a configuration file.

    Args:
        path: None: that of the current folder, if there is one.
        commands: names of all commands, which may have a table.

    Raises:
        UsageError: the file cannot be read, or has a key that does not exist or has the wrong
            type; names the file.
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
        values = values.get("tool", {}).get("harness", {})
    _check(path, values, commands)
    return Config(path, values)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the configuration {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"cannot read the configuration {path}: {error}") from error


def _check(path: Path, values: Mapping[str, Any], commands: Collection[str]) -> None:
    for key, value in values.items():
        expected = dict if key in commands else _COMMON.get(key)
        if expected is None:
            known = [*_COMMON, *commands]
            raise UsageError(f"{path}: unknown key {key!r}{did_you_mean(key, known)}")
        if not isinstance(value, expected):
            what = {dict: f"a table, [{key}]", list: "a list", bool: "true or false"}[expected]
            raise UsageError(f"{path}: {key!r} must be {what}")
