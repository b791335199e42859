"""Dataclasses as strict JSON and back; the one place where they change their form.

Infinities and NaN, which JSON has not, are written as ``"inf"``, ``"-inf"`` and ``"nan"``, and are
read back where a field is declared a number.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args

from harness.results.reference import Reference
from harness.specs import Value

T = TypeVar("T")

_NOT_FINITE = ("inf", "-inf", "nan")


def plain(value: Any) -> Any:
    """Dataclasses, mappings, tuples, paths and types as what JSON knows."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, type):
        return value.__name__
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def dump_json(data: Any, indent: int | None = None) -> str:
    """Serialise anything to strict JSON, see :func:`plain`.

    Raises:
        RecursionError: the data holds itself.
    """
    return json.dumps(plain(data), indent=indent, allow_nan=False)


def to_text(value: Any) -> str:
    """A dataclass as one line of strict JSON."""
    return dump_json(value)


def from_text(cls: type[T], text: str) -> T:
    """Read what :func:`to_text` wrote; see :func:`from_plain`."""
    return from_plain(cls, json.loads(text))


def from_plain(cls: type[T], data: Any) -> T:
    """A dataclass from plain data; unknown fields, of a later version, are ignored.

    Raises:
        ValueError: the data is not such an object.
    """
    from cattrs.errors import BaseValidationError

    try:
        structured: T = _converter().structure(data, cls)
        return structured
    except (BaseValidationError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"this is no {cls.__name__}") from error


def as_parameters(data: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters from plain data: lists, as JSON has them, are the tuples that parameters hold."""
    return {name: _parameter(value, None) for name, value in data.items()}


@cache
def _converter() -> Any:
    from cattrs import Converter  # takes longer to import than listing plugins may

    converter = Converter()
    converter.register_structure_hook(Path, lambda value, _: Path(value))
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(bool, _flag)
    converter.register_structure_hook_func(_is_parameter, _parameter)
    return converter


def _is_parameter(kind: Any) -> bool:
    """Whether a type is :data:`harness.specs.Value`, alone or beside :class:`Reference`."""
    return {bool, int, float, str} <= set(get_args(kind))


def _text(value: Any, _: type) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text is expected, not {value!r}")
    return value


def _flag(value: Any, _: type) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"true or false is expected, not {value!r}")
    return value


def _parameter(value: Any, kind: Any) -> Value | Reference:
    """A parameter's value: lists, as JSON has them, are the tuples that parameters hold."""
    if isinstance(value, list):
        return tuple(_parameter(item, kind) for item in value)  # type: ignore[misc]
    if isinstance(value, Mapping):
        reference: Reference = _converter().structure(value, Reference)
        return reference
    return float(value) if value in _NOT_FINITE else value
