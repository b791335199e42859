"""Finds plugins and imports their light modules, each apart from the others."""

import importlib.metadata
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from harness.errors import UsageError
from harness.plugin import hooks
from harness.plugin.blame import FAILURES, one_line_with_place
from harness.specs import LoadSettings
from harness.util.text import did_you_mean

DISTRIBUTION = "denoise-harness"
"""This project's own distribution; its plugins are always found, and come first."""

NO_AUTOLOAD = "HARNESS_DISABLE_PLUGIN_AUTOLOAD"
"""Environment variable; when it is not empty, other distributions' plugins are not loaded."""

_BLOCK = "no:"


@dataclass(frozen=True)
class Owner:
    """Who brought a plugin.

    Attributes:
        plugin: its name: that of the entry point, the module or the file.
        distribution: that holds it; for ``--plugin``, the file or module.
        version: of the distribution; empty for ``--plugin``.
    """

    plugin: str
    distribution: str
    version: str = ""

    def __str__(self) -> str:
        return f"plugin {self.plugin!r} of {self.distribution} {self.version}".rstrip()


@dataclass(frozen=True)
class Problem:
    """What is wrong with a plugin; it never harms the others.

    Attributes:
        owner: of the plugin.
        message: one line.
        traceback: where an exception came from, for ``--debug``; else empty.
    """

    owner: Owner
    message: str
    traceback: str = ""

    def __str__(self) -> str:
        return f"{self.owner}: {self.message}"


@dataclass
class Discovery:
    """The plugins found.

    Attributes:
        settings: that find the same ones again, in any process and folder.
        manager: with every plugin registered.
        owners: by plugin name, in the order of registration.
        modules: those of the plugins that are modules, by plugin name.
        blocked: names left out.
        problems: what went wrong.
    """

    settings: LoadSettings
    manager: pluggy.PluginManager
    owners: dict[str, Owner] = field(default_factory=dict)
    modules: dict[str, ModuleType] = field(default_factory=dict)
    blocked: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)

    def register(self, plugin: object, owner: Owner) -> None:
        """Register a plugin that is imported; whatever is wrong with it becomes a problem."""
        if self.manager.is_registered(plugin):
            return
        name = owner.plugin
        try:
            self.problems += [Problem(owner, text) for text in _hook_mistakes(self.manager, plugin)]
            self.manager.register(plugin, name)
        except FAILURES as error:
            if self.manager.has_plugin(name):
                self.manager.unregister(name=name)
            self.problems.append(problem(owner, "cannot be registered", error))
            return
        self.owners[name] = owner
        if isinstance(plugin, ModuleType):
            self.modules[name] = plugin

    def unregister(self, name: str) -> None:
        """Forget a plugin that was registered, such as an observer of one run."""
        if self.owners.pop(name, None):
            self.manager.unregister(name=name)


def discover(settings: LoadSettings) -> Discovery:
    """Find and import all plugins that the settings ask for.

    The order is: this distribution's, other distributions' by name, ``--plugin`` as given.

    Raises:
        UsageError: a plugin named in the settings does not exist.
    """
    autoload = settings.autoload and not os.environ.get(NO_AUTOLOAD)
    named = tuple(dict.fromkeys(map(_absolute, settings.plugins)))
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    found = Discovery(LoadSettings(named, autoload, settings.only), manager)

    candidates = [
        *_from_entry_points(autoload),
        *(_from_name(name) for name in named if not name.startswith(_BLOCK)),
    ]
    found.blocked = _blocked(named, [owner for owner, _ in candidates])
    for owner, load in candidates:
        if not {owner.plugin, owner.plugin.rpartition(":")[2]}.isdisjoint(found.blocked):
            continue
        if settings.only is not None and owner.plugin not in settings.only:
            continue
        try:
            plugin = load()
        except UsageError:
            raise
        except FAILURES as error:
            found.problems.append(problem(owner, "cannot be imported", error))
        else:
            found.register(plugin, owner)
    return found


def problem(owner: Owner, what: str, error: BaseException) -> Problem:
    """A problem that an exception caused."""
    message = f"{what}: {one_line_with_place(error)}"
    return Problem(owner, message, "".join(traceback.format_exception(error)))


_Candidate = tuple[Owner, Callable[[], object]]


def _from_entry_points(autoload: bool) -> list[_Candidate]:
    describe = cache(_describe)  # reading a distribution's metadata is slow
    described = [
        (*describe(point.dist), point)
        for point in importlib.metadata.entry_points(group=hooks.GROUP)
    ]
    candidates: dict[str, _Candidate] = {}
    for name, version, point in sorted(
        described, key=lambda each: (each[0] != DISTRIBUTION, each[0].lower(), each[2].name)
    ):
        if name == DISTRIBUTION or autoload:
            plugin = f"{name}:{point.name}" if point.name in candidates else point.name
            candidates[plugin] = (Owner(plugin, name, version), point.load)
    return list(candidates.values())


def _describe(distribution: importlib.metadata.Distribution | None) -> tuple[str, str]:
    if distribution is None:
        return "an unknown distribution", ""
    metadata = distribution.metadata
    return metadata["Name"] or "an unnamed distribution", metadata["Version"] or ""


def _absolute(name: str) -> str:
    return str(Path(name).expanduser().resolve()) if is_file(name) else name


def is_file(name: str) -> bool:
    """Whether a ``--plugin`` value is the path of a file, not the name of a module."""
    return not name.startswith(_BLOCK) and (name.endswith(".py") or os.sep in name)


def _from_name(name: str) -> _Candidate:
    if is_file(name):
        path = Path(name)
        return Owner(path.stem, name), lambda: _import_file(path)
    return Owner(name, name), lambda: _import_module(name)


def _import_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise UsageError(
                f"--plugin {name}: there is no module {error.name!r}; "
                "give an importable module or the path of a .py file"
            ) from error
        raise


def _import_file(path: Path) -> ModuleType:
    """Import a single-file plugin under its stem, with its folder importable for helpers."""
    if not path.is_file():
        raise UsageError(f"--plugin {path}: there is no such file")
    present = sys.modules.get(path.stem)
    if present is not None and getattr(present, "__file__", None) == str(path):
        return present
    other = None if present else importlib.util.find_spec(path.stem)
    if present or (other and other.origin != str(path)):
        raise UsageError(
            f"--plugin {path}: a module named {path.stem!r} exists already; rename the file"
        )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[path.stem]
        raise
    return module


def _blocked(named: Iterable[str], owners: Iterable[Owner]) -> tuple[str, ...]:
    known = {owner.plugin for owner in owners}
    known |= {name.rpartition(":")[2] for name in known}
    blocked = tuple(name.removeprefix(_BLOCK) for name in named if name.startswith(_BLOCK))
    for name in blocked:
        if name not in known:
            raise UsageError(
                f"--plugin {_BLOCK}{name}: there is no plugin {name!r} to leave out"
                f"{did_you_mean(name, known)}"
            )
    return blocked


def _hook_mistakes(manager: pluggy.PluginManager, plugin: object) -> list[str]:
    """Functions that were meant as hooks and would never be called."""
    known = [name for name in vars(hooks) if name.startswith("harness_")]
    mistakes = []
    for name in dir(plugin):
        options: Any = manager.parse_hookimpl_opts(plugin, name)
        if options is None:
            is_unmarked = name.startswith("harness_") and inspect.isroutine(getattr(plugin, name))
            if is_unmarked and name in known:
                mistakes.append(f"{name} is not marked with @hookimpl, and so is never called")
            elif is_unmarked and did_you_mean(name, known):
                mistakes.append(f"there is no hook {name}{did_you_mean(name, known)}")
        elif name not in known and not options["optionalhook"]:
            mistakes.append(f"there is no hook {name}{did_you_mean(name, known)}")
        elif options["wrapper"] or options["hookwrapper"]:
            mistakes.append(f"{name} is a wrapper, which is not supported and never called")
    return mistakes
