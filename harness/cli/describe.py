"""Specs as plain data and as text, for the commands that print them."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from harness.plugin.registry import Entry
from harness.results.records import dump_json


def plain_entry(entry: Entry) -> dict[str, Any]:
    """All that a spec says, and where it comes from, as plain data; imports nothing."""
    return {"kind": entry.spec.kind, **plain(entry.spec), "plugin": plain(entry.owner)}


def plain(value: Any) -> Any:
    """Dataclasses, mappings, tuples and types as dictionaries, lists and names."""
    if isinstance(value, type):
        return value.__name__
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


SCHEMA = 1
"""Version of what ``--json`` prints; raised when a program that reads it would have to change."""


def as_json(kind: str, **fields: Any) -> str:
    """What every ``--json`` prints: one object of strict JSON that says what it is.

    Args:
        kind: what the object is, such as ``list``.
        fields: all else.
    """
    return dump_json({"schema": SCHEMA, "kind": kind, **fields}, indent=2)
