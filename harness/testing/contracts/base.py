"""What holds for plugins of every kind: light hooks, a valid spec, help that stands alone."""

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import ClassVar, NoReturn
from unittest import SkipTest

from harness.plugin.blame import FAILURES, one_line_with_place
from harness.plugin.discovery import is_file
from harness.plugin.registry import Entry, Registry, active_registry, load_registry
from harness.plugin.selector import parse_selector
from harness.results.reference import Reference
from harness.specs import LoadSettings, Parameter

HEAVY = ("torch", "numpy", "PIL", "rich", "accelerate", "skimage", "scipy", "matplotlib", "lpips")
"""What no hooks module may import."""

PREPOSITIONS = frozenset(("of", "in", "to", "for", "from", "with", "by", "on", "at"))
"""Words that a help text cannot begin with, for it is read without the name before it."""


class Contract:
    """What plugins of every kind must do; each kind has a subclass with more.

    Attributes:
        kind: of plugin.
        name: selector of the plugin that is tested, such as ``mine`` or ``mine[width=8]``.
        plugin: the ``.py`` file that announces it, relative to that of the test, or the name of a
            module; empty for a plugin that is installed.
        quick: test the configuration of the budget ``quick``.
        settings: of the registry that has the plugin, which is loaded beside what they name.
    """

    kind: ClassVar[str] = ""
    name: ClassVar[str] = ""
    plugin: ClassVar[str] = ""
    quick: ClassVar[bool] = True
    settings: ClassVar[LoadSettings] = LoadSettings()

    @property
    def registry(self) -> Registry:
        """The registry that has the plugin; it is the active one, by which networks are built."""
        named = self.settings.plugins
        more = [each for each in self.plugins() if each not in named]
        wanted = replace(self.settings, plugins=(*named, *more))
        active = active_registry()
        return active if active.settings == wanted else load_registry(wanted)

    @property
    def reference(self) -> Reference:
        """What the selector means, with every parameter."""
        return self.registry.choose(self.kind, self.name, quick=self.quick)

    @property
    def entry(self) -> Entry:
        """The spec, and who announced it."""
        return self.registry.find(self.kind, parse_selector(self.name).name)

    def plugins(self) -> tuple[str, ...]:
        """What is loaded beside what is installed, as ``--plugin`` takes it."""
        if not self.plugin:
            return ()
        return (str(beside_test(self, self.plugin)) if is_file(self.plugin) else self.plugin,)

    def test_it_is_announced_without_a_problem(self) -> None:
        """No hook of its plugin is misspelt, and none of its specs is left out."""
        owner = self.entry.owner
        problems = [str(each) for each in self.registry.problems if each.owner == owner]
        assert not problems, "\n".join(problems)

    def test_its_hooks_module_is_light(self) -> None:
        """Every command imports the hooks module, which must not wait for torch."""
        owner = self.entry.owner
        module = self.registry.module_of(owner)
        if module is None or is_file(owner.distribution):
            skip("a plugin of a single file is imported only where it is named")
        heavy = heavy_imports(module.__name__)
        assert not heavy, (
            f"{module.__name__} imports {', '.join(heavy)}, and every command waits for that: "
            "import it in the module of the target"
        )

    def test_its_summary_is_one_line(self) -> None:
        """``harness list`` prints it."""
        summary = self.entry.spec.summary
        assert summary.strip(), f"the spec of {self.name!r} has no summary: say what it is"
        assert len(summary.splitlines()) == 1, (
            f"the summary of {self.name!r} has several lines: put the rest into notes"
        )

    def test_the_help_of_every_parameter_stands_on_its_own(self) -> None:
        """``harness show`` prints what the docstring says below ``Args``."""
        mistakes = [text for each in self.entry.settable if (text := _help_mistake(each))]
        assert not mistakes, "; ".join(mistakes)

    def test_its_sources_are_found(self) -> None:
        """Results are computed anew when they change."""
        assert self.registry.plugin_sources(self.entry)


def beside_test(contract: Contract, path: str) -> Path:
    """The absolute path of what is named relative to the file of a test."""
    if Path(path).is_absolute():
        return Path(path)
    return (Path(inspect.getfile(type(contract))).parent / path).resolve()


def skip(reason: str) -> NoReturn:
    """End a test that has nothing to say, with the reason."""
    raise SkipTest(reason)


@contextmanager
def failing_with(what: str) -> Iterator[None]:
    """Run a plugin's code; where it raises, the test fails with what was done and what was raised.

    Args:
        what: was done, such as ``an image of 1x1 pixels``.
    """
    try:
        yield
    except (SkipTest, AssertionError):
        raise
    except FAILURES as error:
        raise AssertionError(f"{what}: {one_line_with_place(error)}") from error


@cache
def heavy_imports(module: str) -> tuple[str, ...]:
    """Those of :data:`HEAVY` that a module imports, found in a process of its own."""
    program = (
        "import importlib, json, sys; sys.path[:] = json.loads(sys.argv[1]); "
        "importlib.import_module(sys.argv[2]); print(*sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, json.dumps(sys.path), module],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"cannot import {module}: {result.stderr.strip()}"
    imported = set(result.stdout.split())
    return tuple(name for name in HEAVY if name in imported)


def _help_mistake(parameter: Parameter) -> str:
    """What is wrong with the help of a parameter; empty if nothing."""
    if not parameter.help:
        return f"parameter {parameter.name!r} has no help: say below Args what it is"
    if parameter.help.split()[0].lower() in PREPOSITIONS:
        return (
            f"the help of parameter {parameter.name!r} begins with a preposition: "
            f"say what it is, not only {parameter.help!r}"
        )
    return ""
