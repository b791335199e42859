"""The plugins by kind and name: announced early, loaded late, problems kept apart.

A short way through it::

    registry = load_registry(LoadSettings(plugins=("./mine.py",)))
    method = registry.build(registry.choose("method", "mine[width=32]"))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from harness.errors import ParameterError, UnknownNameError
from harness.plugin.discovery import Discovery, Owner, Problem, discover, is_file
from harness.plugin.entries import Entry
from harness.plugin.events import Events
from harness.plugin.loading import load_target
from harness.plugin.selector import Selector, parse_selector, parse_selectors
from harness.plugin.validation import announced_specs
from harness.specs import KINDS, DatasetSpec, LoadSettings, NetworkSpec, Value, View
from harness.util.text import did_you_mean

if TYPE_CHECKING:
    from harness.plugin.sources import Sources
    from harness.results.reference import Reference

__all__ = [
    "Entry",
    "LoadSettings",
    "Owner",
    "Plugin",
    "Problem",
    "Registry",
    "active_registry",
    "load_registry",
]


FUNCTIONS = ("metric", "report", "viewer")
"""The kinds whose targets are functions, which are called with more than their parameters."""


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

    def owner_of(self, package: str) -> Owner | None:
        """Who brought a top-level package, or a module of one file; None if no plugin did."""
        for name, module in self._discovery.modules.items():
            if module.__name__.partition(".")[0] == package:
                return self._discovery.owners[name]
        return None

    def module_of(self, owner: Owner) -> ModuleType | None:
        """The module with the hooks of a plugin; None where it is none, such as an observer."""
        return self._discovery.modules.get(owner.plugin)

    def register(self, plugin: object, name: str) -> None:
        """Add an observer of events that lives in this process, such as a progress display."""
        self._discovery.register(plugin, Owner(name, "this process"))

    @contextmanager
    def observed_by(self, observers: Mapping[str, object]) -> Iterator[None]:
        """Let observers of events hear of what happens in the context.

        Args:
            observers: by name.
        """
        for name, observer in observers.items():
            self.register(observer, name)
        try:
            yield
        finally:
            for name in observers:
                self._discovery.unregister(name)

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

    def choose(self, kind: str, selector: str | Selector, *, quick: bool = False) -> Reference:
        """What a selector means, with every parameter.

        Args:
            kind: of plugin.
            selector: as the user wrote it, or parsed.
            quick: set what the budget ``quick`` sets, where the user has not.

        Raises:
            UsageError: the text is not a selector.
            UnknownNameError: there is no such plugin.
            ParameterError: an argument is unknown or has the wrong type.
            PluginError: the target cannot be imported.
        """
        from harness.plugin.references import refer  # which listing plugins need not import

        if isinstance(selector, str):
            selector = parse_selector(selector)
        entry = self.find(kind, selector.name)
        return refer(entry, selector, self.choose_network, quick=quick)

    def choose_network(self, selector: str | Selector, role: str, quick: bool = False) -> Reference:
        """The network that a selector names, if it can play a role; raises as :meth:`choose`.

        Raises:
            ParameterError: it cannot; says which can.
        """
        network = self.choose("network", selector, quick=quick)
        if not _plays(self.find("network", network.name), role):
            able = [entry.spec.name for entry in self.entries("network") if _plays(entry, role)]
            raise ParameterError(
                f"network {network.name!r} cannot play the role {role!r}; "
                f"these can: {', '.join(able) or 'none'}"
            )
        return network

    def choose_all(self, kind: str, text: str) -> list[Reference]:
        """What selectors, separated by commas, mean; raises as :meth:`choose`."""
        return [self.choose(kind, selector) for selector in parse_selectors(text)]

    def default_datasets(self) -> list[str]:
        """The names of the datasets to test on when the user names none."""
        return [
            entry.spec.name
            for entry in self.entries("dataset")
            if isinstance(entry.spec, DatasetSpec) and entry.spec.default
        ]

    def view_of(self, method: Reference) -> View:
        """The most that a method's training sees."""
        from harness.plugin.references import view_of

        return view_of(self.find("method", method.name), method)

    def load(self, item: Entry | Reference) -> Any:
        """Import the target of an entry.

        Raises:
            PluginError: a requirement is missing, the target cannot be imported, or it is not
                what the entry's kind asks for.
        """
        entry = item if isinstance(item, Entry) else self.find(item.kind, item.name)
        return self.load_target(entry, entry.spec.target)

    def arguments(self, reference: Reference, channels: int | None = None) -> dict[str, Value]:
        """The keyword arguments of a target.

        Args:
            reference: what was chosen.
            channels: of the images, for a parameter that they decide; None: the target's default.
        """
        of_images = self.find(reference.kind, reference.name).of_images
        arguments = reference.arguments()
        if channels is not None:
            arguments = {**dict.fromkeys(of_images, channels), **arguments}
        return arguments

    def build(self, reference: Reference, channels: int | None = None) -> Any:
        """Make what was chosen: an object of its class, or a function that has its parameters.

        Args:
            reference: what was chosen.
            channels: as for :meth:`arguments`.

        Raises:
            PluginError: the target cannot be loaded.
        """
        target, arguments = self.load(reference), self.arguments(reference, channels)
        if reference.kind in FUNCTIONS:
            return partial(target, **arguments)
        return target(**arguments)

    def load_target(self, entry: Entry, target: str) -> Any:
        """Import a ``module:attribute`` of an entry: its target, or a metric's probe."""
        return load_target(entry.spec, entry.owner, target)

    def plugin_sources(self, item: Entry | Reference, sources: Sources | None = None) -> str:
        """A digest of the sources that an entry's results depend on.

        Raises:
            PluginError: the sources cannot be found.
        """
        from harness.plugin.sources import Sources  # it parses, which listing plugins need not

        entry = item if isinstance(item, Entry) else self.find(item.kind, item.name)
        modules = self._discovery.modules.values()
        return (sources or Sources()).plugin_digest(
            entry.spec.target.partition(":")[0],
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
