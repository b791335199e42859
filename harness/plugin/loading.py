"""Importing what a spec points at, and refusing what is not what its kind asks for."""

import importlib
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from harness.errors import PluginError, UnloadableError
from harness.plugin.blame import FAILURES, one_line_with_place
from harness.plugin.discovery import Owner
from harness.specs import CommandSpec, MethodSpec, Spec

ORACLE = "harness:OracleMethod"
"""The class of methods that are shown the ground truth, whose specs say so."""


def load_target(spec: Spec, owner: Owner, target: str) -> Any:
    """Import a ``module:attribute`` that a spec names: its target, or a metric's probe.

    Raises:
        PluginError: a requirement is missing, the target cannot be imported, or it is not what
            the spec's kind asks for; names the plugin.
    """
    who = f"{spec.kind} {spec.name!r} ({owner})"
    if not target:
        raise PluginError(f"{who} is a list of names; there is nothing to load")
    if spec.requires:
        _check_requirements(who, spec.requires)
    try:
        loaded = _imported(target)
    except AttributeError as error:
        raise UnloadableError(f"{who}: {target!r} cannot be found: {error}") from error
    except FAILURES as error:
        module = target.partition(":")[0]
        text = f"{who}: cannot import {module!r}: {one_line_with_place(error)}"
        raise UnloadableError(text) from error
    if target == spec.target:
        _check_target(who, spec, loaded)
    return loaded


def _check_requirements(who: str, requirements: Iterable[str]) -> None:
    """Refuse where a package that a plugin needs is missing or too old."""
    from importlib.metadata import PackageNotFoundError, version

    from packaging.requirements import InvalidRequirement, Requirement  # takes long to import

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
    if isinstance(spec, CommandSpec) and not isinstance(target, _imported("click:Command")):
        raise PluginError(
            f"{who}: {spec.target!r} is no click.Command; is @click.command() missing?"
        )
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
