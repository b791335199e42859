"""The key of a job: a hash over everything in it that its result depends on.

Every field of every dataclass counts, unless its declaration says no with
``field(metadata=UNKEYED)``; so a field that is added later cannot be forgotten.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any

KEY_LENGTH = 20
"""Hexadecimal digits of a key: 80 bits."""

UNKEYED: Mapping[str, bool] = MappingProxyType({"keyed": False})
"""Metadata of a field on which no result depends."""


def is_keyed(declared: Any) -> bool:
    """Whether a field of a dataclass is part of keys."""
    return bool(declared.metadata.get("keyed", True))


def key_of(value: Any) -> str:
    """Hash the canonical JSON of a dataclass and of all that is nested in it."""
    text = json.dumps(_canonical(value), sort_keys=True, allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def _canonical(value: Any) -> Any:
    """Plain data that is equal for equal values, and in which every type has a form of its own.

    Raises:
        TypeError: a value is of a type that has no canonical form.
    """
    if is_dataclass(value):
        counted = {
            each.name: _canonical(getattr(value, each.name))
            for each in fields(value)
            if is_keyed(each)
        }
        return {"type": type(value).__name__, **counted}
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_canonical(item) for item in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"a key cannot hold a {type(value).__name__}")
