"""Specs as plain data and as text, for the commands that print them."""

from typing import Any

from harness.plugin.registry import Entry
from harness.results.serial import dump_json, plain

SCHEMA = 1
"""Version of what ``--json`` prints; raised when a program that reads it would have to change."""


def plain_entry(entry: Entry) -> dict[str, Any]:
    """All that a spec says, and where it comes from, as plain data; imports nothing."""
    return {"kind": entry.spec.kind, **plain(entry.spec), "plugin": plain(entry.owner)}


def as_json(kind: str, **fields: Any) -> str:
    """What every ``--json`` prints: one object of strict JSON that says what it is.

    Args:
        kind: what the object is, such as ``list``.
        fields: all else.
    """
    return dump_json({"schema": SCHEMA, "kind": kind, **fields}, indent=2)
