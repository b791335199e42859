"""Calls the event hooks of all plugins, so that no observer can harm a run."""

import logging
from collections.abc import Callable
from typing import Any

import pluggy

from harness.plugin.blame import FAILURES, one_line_with_place
from harness.plugin.discovery import Owner

_LOGGER = logging.getLogger(__name__)


class Events:
    """Every event hook as a method: ``events.harness_job_started(job=job)``.

    Implementations are called in the order of registration. One that raises is logged against its
    owner, once for each hook, and the others are called nevertheless.

    Args:
        manager: holds the plugins.
        owners: by plugin name.
    """

    def __init__(self, manager: pluggy.PluginManager, owners: dict[str, Owner]) -> None:
        self._manager = manager
        self._owners = owners
        self._logged: set[tuple[str, str]] = set()

    def __getattr__(self, hook: str) -> Callable[..., list[Any]]:
        caller = getattr(self._manager.hook, hook, None)
        if caller is None or caller.spec is None:
            raise AttributeError(f"there is no event {hook!r}")

        def call(**arguments: Any) -> list[Any]:
            """Call every implementation; returns the results that are not None."""
            results = (
                self._call(hook, implementation, arguments)
                for implementation in caller.get_hookimpls()
                if not (implementation.wrapper or implementation.hookwrapper)
            )
            return [result for result in results if result is not None]

        return call

    def _call(self, hook: str, implementation: pluggy.HookImpl, arguments: dict[str, Any]) -> Any:
        try:
            return implementation.function(*(arguments[name] for name in implementation.argnames))
        except FAILURES as error:
            plugin = implementation.plugin_name
            if (plugin, hook) not in self._logged:
                self._logged.add((plugin, hook))
                owner = self._owners.get(plugin, f"plugin {plugin!r}")
                shown = error if _LOGGER.isEnabledFor(logging.DEBUG) else None
                what = one_line_with_place(error)
                _LOGGER.warning("%s: %s failed: %s", owner, hook, what, exc_info=shown)
            return None
