"""The plugins by kind and name: announced early, loaded late, problems kept apart.

A short way through it::

    registry = load_registry(LoadSettings(plugins=("./mine.py",)))
    choice = registry.choose("method", "mine[width=32]")
    method = registry.load(choice)(**choice.parameters())
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

from harness.errors import ParameterError, PluginError, UnknownNameError
from harness.plugin.discovery import (
    Discovery,
    Owner,
    Problem,
    discover,
    is_file,
)
from harness.plugin.events import Events
from harness.plugin.selector import (
    Selector,
    format_selector,
    parse_selector,
    parse_selectors,
    resolve_parameters,
)
from harness.plugin.sources import sources_digest
from harness.plugin.validation import announced_specs
from harness.specs import (
    KINDS,
    VIEWS,
    LoadSettings,
    MethodSpec,
    NetworkSpec,
    Spec,
    Value,
    View,
)
from harness.util.text import did_you_mean, one_line

__all__ = [
    "Choice",
    "Entry",
    "LoadSettings",
    "Owner",
    "Plugin",
    "Problem",
    "Registry",
    "active_registry",
    "load_registry",
]


ORACLE = "harness:OracleMethod"
"""The class of methods that are shown the ground truth, whose specs say so."""


@dataclass(frozen=True)
class Entry:
    """A spec and who announced it."""

    spec: Spec
    owner: Owner


@dataclass(frozen=True)
class Choice:
    """An entry with the parameters that the user set.

    Attributes:
        entry: what was chosen.
        given: the parameters set, with the types that the spec declares.
    """

    entry: Entry
    given: Mapping[str, Value] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.spec.kind, self.label))

    @property
    def spec(self) -> Any:
        """The spec chosen; of the class that belongs to its kind."""
        return self.entry.spec

    @property
    def name(self) -> str:
        """Name of the plugin."""
        return self.entry.spec.name

    @property
    def label(self) -> str:
        """The canonical selector: what tables print and what chooses the same again."""
        return format_selector(self.name, self.given)

    def parameters(self, overrides: Mapping[str, Value] | None = None) -> dict[str, Value]:
        """All parameters of the target.

        Args:
            overrides: go before the spec's defaults and after what the user set, such as the
                narrowed configuration of the budget ``quick``.
        """
        defaults = {parameter.name: parameter.default for parameter in self.spec.parameters}
        return {**defaults, **(overrides or {}), **self.given}

    def view(self, parameters: Mapping[str, Value]) -> View:
        """The most that training sees of a method with these parameters."""
        seen: list[View] = [self.spec.view]
        for parameter in self.spec.parameters:
            value = parameters[parameter.name]
            if value in parameter.views:
                seen.append(parameter.views[value])
        return max(seen, key=VIEWS.index)

    def plain(self) -> Choice:
        """The same choice without what is set to its default."""
        defaults = {parameter.name: parameter.default for parameter in self.spec.parameters}
        given = {n: v for n, v in self.given.items() if n not in defaults or defaults[n] != v}
        return replace(self, given=given)

    def with_given(self, **more: Value) -> Choice:
        """The same entry with more parameters set."""
        return replace(self, given={**self.given, **more})


@dataclass(frozen=True)
class Plugin:
    """A plugin that was loaded.

    Attributes:
        owner: its name and where it comes from.
        announces: names by kind, without those that have a problem.
        observes: the events that it watches.
    """

    owner: Owner
    announces: Mapping[str, tuple[str, ...]]
    observes: tuple[str, ...]


class Registry:
    """What all plugins announce; made by :func:`load_registry`.

    Attributes:
        settings: that make the same registry in another process.
        events: calls the event hooks, see :class:`harness.plugin.events.Events`.
        problems: of plugins; none of them harms the others.
        blocked: plugins left out with ``--plugin no:name``.
    """

    def __init__(self, discovery: Discovery) -> None:
        self._discovery = discovery
        self._entries: dict[str, dict[str, Entry]] = {kind: {} for kind in KINDS}
        self.settings = discovery.settings
        self.problems = discovery.problems
        self.blocked = discovery.blocked
        self.events = Events(discovery.manager, discovery.owners)
        for kind in KINDS:
            for owner, spec in announced_specs(discovery, kind):
                self._add(Entry(spec, owner))

    @property
    def plugins(self) -> list[Plugin]:
        """The plugins loaded, in the order of registration."""
        return [self._plugin(owner) for owner in self._discovery.owners.values()]

    def register(self, plugin: object, name: str) -> None:
        """Add an observer of events that lives in this process, such as a progress display."""
        self._discovery.register(plugin, Owner(name, "this process"))

    def entries(self, kind: str) -> list[Entry]:
        """All entries of a kind, by name."""
        entries = self._entries[kind]
        return [entries[name] for name in sorted(entries)]

    def find(self, kind: str, name: str) -> Entry:
        """The entry of a name.

        Raises:
            UnknownNameError: there is none; says what is near, and which plugin had a problem
                that mentions the name.
        """
        entries = self._entries[kind]
        if name in entries:
            return entries[name]
        text = f"there is no {kind} {name!r}"
        text += did_you_mean(name, entries) or f"; see: harness list {kind}s"
        for problem in self.problems:
            if problem.owner.plugin == name or repr(name) in problem.message:
                text += f" ({problem})"
        raise UnknownNameError(text)

    def choose(self, kind: str, selector: str | Selector) -> Choice:
        """The entry that a selector names, with its arguments typed.

        Raises:
            UsageError: the text is not a selector.
            UnknownNameError: there is no such plugin.
            ParameterError: an argument is unknown or has the wrong type.
        """
        if isinstance(selector, str):
            selector = parse_selector(selector)
        entry = self.find(kind, selector.name)
        choice = Choice(entry, resolve_parameters(entry.spec, selector.arguments))
        self.networks_of(choice.spec, choice.given)
        return choice

    def networks_of(self, spec: Spec, parameters: Mapping[str, Value]) -> list[Choice]:
        """The networks that values of parameters name, see :attr:`harness.Parameter.role`.

        Raises:
            UsageError: a value is no selector of a network.
            ParameterError: the network cannot play the role.
        """
        roles = {parameter.name: parameter.role for parameter in spec.parameters if parameter.role}
        return [
            self.choose_network(str(parameters[name]), role)
            for name, role in roles.items()
            if parameters.get(name) is not None
        ]

    def choose_network(self, selector: str, role: str) -> Choice:
        """The network that a selector names, if it can play a role; raises as :meth:`choose`.

        Raises:
            ParameterError: it cannot; says which can.
        """
        choice = self.choose("network", selector)
        if role not in choice.spec.roles:
            able = [entry.spec.name for entry in self.entries("network") if _plays(entry, role)]
            raise ParameterError(
                f"network {choice.name!r} cannot play the role {role!r}; "
                f"these can: {', '.join(able) or 'none'}"
            )
        return choice

    def choose_all(self, kind: str, text: str) -> list[Choice]:
        """The entries that selectors, separated by commas, name; raises as :meth:`choose`."""
        return [self.choose(kind, selector) for selector in parse_selectors(text)]

    def load(self, item: Entry | Choice) -> Any:
        """Import the target of an entry.

        Raises:
            PluginError: a requirement is missing, the target cannot be imported, or it is not
                what the entry's kind asks for.
        """
        entry = item.entry if isinstance(item, Choice) else item
        return self.load_target(entry, entry.spec.target)

    def load_target(self, entry: Entry, target: str) -> Any:
        """Import a ``module:attribute`` of an entry: its target, or a metric's probe."""
        spec = entry.spec
        who = f"{spec.kind} {spec.name!r} ({entry.owner})"
        if not target:
            raise PluginError(f"{who} is a list of names; there is nothing to load")
        _check_requirements(who, spec.requires)
        try:
            loaded = _imported(target)
        except AttributeError as error:
            raise PluginError(f"{who}: {target!r} cannot be found: {error}") from error
        except (Exception, SystemExit) as error:
            module = target.partition(":")[0]
            raise PluginError(f"{who}: cannot import {module!r}: {one_line(error)}") from error
        if target == spec.target:
            _check_target(who, spec, loaded)
        return loaded

    def plugin_sources(self, item: Entry | Choice) -> str:
        """A digest of the sources that an entry's results depend on.

        It covers the package or file of the target, and whatever this imports, directly or not,
        of other plugins, of packages named ``harness_*``, and of files beside a single-file
        plugin. Imports are read from the sources; nothing is imported.

        Raises:
            PluginError: the sources cannot be found.
        """
        spec = (item.entry if isinstance(item, Choice) else item).spec
        modules = self._discovery.modules.values()
        return sources_digest(
            spec.target.partition(":")[0],
            {module.__name__.partition(".")[0] for module in modules},
            [Path(name).parent for name in self.settings.plugins if is_file(name)],
        )

    def _add(self, entry: Entry) -> None:
        kind, name = entry.spec.kind, entry.spec.name
        first = self._entries[kind].setdefault(name, entry)
        if first is not entry:
            message = f"{kind} {name!r} is taken by {first.owner}; this one is left out"
            self.problems.append(Problem(entry.owner, message))

    def _plugin(self, owner: Owner) -> Plugin:
        announces = {
            kind: tuple(entry.spec.name for entry in self.entries(kind) if entry.owner == owner)
            for kind in KINDS
        }
        manager = self._discovery.manager
        callers = manager.get_hookcallers(manager.get_plugin(owner.plugin)) or ()
        observes = sorted(
            caller.name
            for caller in callers
            if caller.spec and not caller.name.startswith("harness_register_")
        )
        return Plugin(
            owner, {kind: names for kind, names in announces.items() if names}, tuple(observes)
        )


def load_registry(settings: LoadSettings | None = None) -> Registry:
    """Find all plugins and ask them what they have; the result is the active registry.

    Raises:
        UsageError: a plugin named in the settings does not exist.
    """
    global _active
    _active = Registry(discover(settings or LoadSettings()))
    return _active


def active_registry() -> Registry:
    """The registry loaded last in this process, which a plugin asks for another's part by name."""
    return _active or load_registry()


_active: Registry | None = None


def _plays(entry: Entry, role: str) -> bool:
    return isinstance(entry.spec, NetworkSpec) and role in entry.spec.roles


def _check_requirements(who: str, requirements: Iterable[str]) -> None:
    """Refuse where a package that a plugin needs is missing or too old."""
    from importlib.metadata import PackageNotFoundError, version

    from packaging.requirements import InvalidRequirement, Requirement

    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise PluginError(f"{who} states a requirement that is none: {text!r}") from error
        if requirement.marker and not requirement.marker.evaluate():
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            found = "which is not installed"
        else:
            if requirement.specifier.contains(installed, prereleases=True):
                continue
            found = f"and {installed} is installed"
        raise PluginError(f"{who} needs {text!r}, {found}: pip install '{text}'")


def _check_target(who: str, spec: Spec, target: Any) -> None:
    """Refuse a target that is not what its kind asks for."""
    if not spec.base and not callable(target):
        raise PluginError(f"{who}: {spec.target!r} cannot be called")
    if spec.base and not _derives(target, spec.base):
        base = spec.base.replace(":", ".")
        raise PluginError(f"{who}: {spec.target!r} is not a subclass of {base}")
    if isinstance(spec, MethodSpec) and spec.oracle != _derives(target, ORACLE):
        raise PluginError(
            f"{who}: its spec says oracle={spec.oracle}, but {spec.target!r} is "
            f"{'not ' * spec.oracle}a subclass of {ORACLE.replace(':', '.')}"
        )


def _derives(target: Any, base: str) -> bool:
    """Whether a target is a class derived from another, which is named as targets are."""
    return isinstance(target, type) and issubclass(target, _imported(base))


def _imported(target: str) -> Any:
    """Import a ``module:attribute``."""
    module, _, path = target.partition(":")
    return attrgetter(path)(importlib.import_module(module))
