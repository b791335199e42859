"""New plugins: a small distribution, or a single file, that works as it stands."""

import ast
import builtins
import importlib.util
import keyword
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.plugin.registry import FUNCTIONS
from harness.specs import KINDS
from harness.util.files import write_text
from harness.util.text import cut

if TYPE_CHECKING:
    from jinja2 import Environment

SCAFFOLDED = ("method", "dataset", "metric", "report", "viewer", "network", "launcher")
"""The kinds of plugins that can be made."""

_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_WIDTH = 100  # columns of a line


@dataclass(frozen=True)
class Scaffold:
    """A new plugin, by its kind and name.

    Args:
        kind: one of :data:`SCAFFOLDED`.
        name: of the plugin.

    Raises:
        UsageError: the name cannot be that of a plugin, or of its modules.
    """

    kind: str
    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UsageError(
                f"{cut(self.name)!r} is a bad name: write words of a-z and 0-9 that are joined by "
                "- or _, with a letter first"
            )
        if keyword.iskeyword(self.module) or hasattr(builtins, self.module):
            raise UsageError(f"{self.name!r} is a word of Python: choose another name")

    @property
    def module(self) -> str:
        """Its name as a word of Python, which is that of a single file."""
        return self.name.replace("-", "_")

    @property
    def distribution(self) -> str:
        """Name of the distribution, and of its folder."""
        return f"harness-{self.name.replace('_', '-')}"

    @property
    def package(self) -> str:
        """Name of the distribution's package."""
        return f"harness_{self.module}"

    @property
    def class_name(self) -> str:
        """Its name as that of a class."""
        return "".join(word.capitalize() for word in self.module.split("_"))

    def distribution_files(self) -> Mapping[Path, str]:
        """The files of a distribution, by their path.

        Raises:
            UsageError: its package has the name of another, or its class that of another.
        """
        _check_free(self.package)
        home, package = Path(self.distribution), Path(self.distribution) / self.package
        return self._checked({
            home / "pyproject.toml": self._rendered("pyproject.toml"),
            home / "README.md": self._rendered("README.md"),
            package / "__init__.py": "",
            package / "hooks.py": self._rendered("hooks.py"),
            package / f"{self.kind}.py": self._rendered("target.py"),
            home / "tests" / f"test_{self.module}.py": self._rendered("test.py"),
        })  # fmt: skip

    def single_file(self) -> Mapping[Path, str]:
        """The one file of a plugin that ``--plugin`` names, by its path; raises as above."""
        _check_free(self.module)
        return self._checked({Path(f"{self.module}.py"): self._rendered("single.py")})

    def _rendered(self, template: str) -> str:
        target = self.module if template == "single.py" else f"{self.package}.{self.kind}"
        attribute = self.module if self.kind in FUNCTIONS else self.class_name
        values = {
            "kind": self.kind,
            "spec": KINDS[self.kind].__name__,
            "name": self.name,
            "distribution": self.distribution,
            "package": self.package,
            "module": self.module,
            "class": self.class_name,
            "function": self.module,
            "label": self.name.upper(),
            "target": f"{target}:{attribute}",
        }
        templates = self._templates
        parts = templates.get_template(f"{self.kind}.jinja").make_module(values)
        return templates.get_template(f"{template}.jinja").render(values, parts=parts)

    @cached_property
    def _templates(self) -> "Environment":
        from jinja2 import Environment, PackageLoader, StrictUndefined

        templates = Environment(
            loader=PackageLoader("harness.testing"),
            undefined=StrictUndefined,
            trim_blocks=True,
            keep_trailing_newline=True,
        )
        templates.globals["import_of"] = _import_of
        return templates

    def _checked(self, files: Mapping[Path, str]) -> Mapping[Path, str]:
        """Files none of which gives one name to two things."""
        for path, text in files.items():
            names = Counter(_names_in(text) if path.suffix == ".py" else ())
            if names[self.class_name] > 1 or names[self.module] > 1:
                raise UsageError(
                    f"{self.name!r} names something else in the plugin's own source: choose "
                    "another name"
                )
        return MappingProxyType(dict(files))


def write_scaffold(files: Mapping[Path, str], folder: Path) -> list[Path]:
    """Write the files of a new plugin, where none of them is yet.

    Args:
        files: by their path within the folder.
        folder: that gets them; it is made if need be.

    Returns:
        The paths of the files.

    Raises:
        UsageError: there is something of this name already; nothing is written then.
    """
    for first in sorted({path.parts[0] for path in files}):
        if (folder / first).exists():
            raise UsageError(
                f"{folder / first} exists already, and nothing is overwritten: choose another "
                "name, or another folder with --out"
            )
    for path, text in files.items():
        write_text(folder / path, text)
    return [folder / path for path in files]


def _check_free(module: str) -> None:
    """Refuse a name that would hide a module, or be hidden by it.

    Raises:
        UsageError: there is such a module.
    """
    if importlib.util.find_spec(module) is not None:
        raise UsageError(f"there is a module {module!r} already: choose another name")


def _import_of(words: str) -> str:
    """The statement that imports public names of the harness, which spaces separate."""
    names = sorted(words.split())
    line = f"from harness import {', '.join(names)}"
    if len(line) <= _WIDTH:
        return line
    return "\n".join(["from harness import (", *(f"    {name}," for name in names), ")"])


def _names_in(source: str) -> Iterator[str]:
    """What a module imports and defines, in order."""
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node.name
