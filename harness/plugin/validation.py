"""Asks every plugin for its specs and checks them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from string import Formatter
from typing import Any

from harness.errors import PluginError
from harness.plugin.blame import FAILURES
from harness.plugin.blind import filled_in, names_in, parse_claim
from harness.plugin.discovery import Discovery, Owner, Problem, problem
from harness.specs import (
    API,
    KINDS,
    SUPPORTED_APIS,
    VIEWS,
    DatasetSpec,
    MethodSpec,
    MetricSpec,
    NetworkSpec,
    Parameter,
    Spec,
    type_of,
)

SPLITS = ("train", "test", "tune")
"""What a dataset may be divided into."""

NAMES_ALONE = ("suite", "protocol")
"""The kinds that have no target."""

_NAME = re.compile(r"[a-z0-9_-]+")
_TARGET = re.compile(r"[\w.-]+:[\w.]+")


def announced_specs(discovery: Discovery, kind: str) -> Iterator[tuple[Owner, Spec]]:
    """Every valid spec of a kind, with its owner, in the order of registration.

    What is not valid is added to the discovery's problems.
    """
    hook = f"harness_register_{kind}s"
    order = list(discovery.owners)
    implementations = [
        implementation
        for implementation in getattr(discovery.manager.hook, hook).get_hookimpls()
        if not (implementation.wrapper or implementation.hookwrapper)
    ]
    for implementation in sorted(implementations, key=lambda each: order.index(each.plugin_name)):
        owner = discovery.owners[implementation.plugin_name]
        try:
            specs = _listed(implementation.function())
        except FAILURES as error:
            discovery.problems.append(problem(owner, f"{hook} failed", error))
            continue
        for spec in specs:
            mistake = _mistake(kind, spec)
            if mistake:
                discovery.problems.append(Problem(owner, f"{hook} {mistake}"))
            else:
                yield owner, spec


def _listed(result: Any) -> list[Any]:
    """The specs that a hook returned: one or several."""
    if isinstance(result, Iterable) and not isinstance(result, (str, bytes, Mapping)):
        return list(result)
    return [result]


def _mistake(kind: str, spec: Any) -> str:
    """What is wrong with a spec, as the end of a sentence; empty if nothing."""
    expected = KINDS[kind]
    if not isinstance(spec, expected):
        return f"returned {_what(spec)}; it must return {expected.__name__} objects"
    try:
        mistake = next(_mistakes(spec), "")
    except FAILURES as error:  # fields of the wrong type fail in many ways
        mistake = f"has a field of the wrong type ({error})"
    return f"returned {kind} {spec.name!r}, which {mistake}" if mistake else ""


def _what(value: object) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"


def _mistakes(spec: Spec) -> Iterator[str]:
    if spec.api not in SUPPORTED_APIS:
        newer = isinstance(spec.api, int) and spec.api > API
        yield (
            f"is written for plugin interface {spec.api!r}, and this harness has {API}: "
            f"update {'denoise-harness' if newer else 'the plugin'}"
        )
    if not (isinstance(spec.name, str) and _NAME.fullmatch(spec.name)):
        yield "is a bad name: only a-z, 0-9, - and _ are allowed"
    if spec.kind not in NAMES_ALONE:
        yield from _target_mistakes("target", spec.target)
    for field in ("parameters", "requires"):
        if not isinstance(getattr(spec, field) or (), (tuple, list)):
            yield f"has {field} that are not a tuple; is a comma missing?"
    if spec.parameters is not None:
        yield from parameter_mistakes(spec, spec.parameters)
    if isinstance(spec, DatasetSpec):
        for split in spec.splits:
            if split not in SPLITS:
                yield f"has a split {split!r}; only {', '.join(SPLITS)} exist"
    if isinstance(spec, MetricSpec) and spec.probe is not None:
        yield from _target_mistakes("probe", spec.probe)
    if isinstance(spec, (MethodSpec, NetworkSpec)) and spec.blind:
        yield from _claim_mistakes(spec.blind)


def _claim_mistakes(claim: str) -> Iterator[str]:
    try:
        parse_claim(filled_in(claim))
    except PluginError as mistake:
        yield str(mistake)


def _target_mistakes(field: str, target: object) -> Iterator[str]:
    if not (isinstance(target, str) and _TARGET.fullmatch(target)):
        yield f"has the {field} {target!r}; it must have the form 'module:attribute'"


def parameter_mistakes(spec: Spec, parameters: Iterable[Any]) -> Iterator[str]:
    """What is wrong with parameters, or with what a spec says of them, as ends of a sentence."""
    seen: set[str] = set()
    for parameter in parameters:
        if not isinstance(parameter, Parameter):
            yield f"has {_what(parameter)} among its parameters"
        if parameter.name in seen:
            yield f"declares the parameter {parameter.name!r} twice"
        seen.add(parameter.name)
        for view in parameter.views.values():
            if view not in VIEWS:
                yield (
                    f"has a parameter {parameter.name!r} with a view {view!r}; "
                    f"the views are {', '.join(VIEWS)}"
                )
        if type_of(parameter) not in (bool, int, float, str):
            yield (
                f"has a parameter {parameter.name!r} of no known type; "
                "set value_type to bool, int, float or str"
            )
    if isinstance(spec, (MethodSpec, NetworkSpec)):
        for name in sorted(set(spec.quick) - seen):
            yield f"sets the parameter {name!r} for the budget quick without declaring it"
        for name in sorted(names_in(spec.blind) - seen):
            yield f"refers to the parameter {name!r} in blind without declaring it"
    if isinstance(spec, DatasetSpec):
        named = {name for _, name, _, _ in Formatter().parse(spec.trains_on or "") if name}
        for name in sorted(named - seen):
            yield f"refers to the parameter {name!r} in trains_on without declaring it"
