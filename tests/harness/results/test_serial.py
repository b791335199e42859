import math
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.results.serial import dump_json, from_text, to_text


@dataclass(frozen=True)
class Thing:
    name: str
    count: int
    share: float | None = None
    is_new: bool = False
    place: Path = Path()


def test_a_dataclass_is_read_as_it_was_written():
    thing = Thing("a", 2, -math.inf, True, Path("/x"))
    assert from_text(Thing, to_text(thing)) == thing


def test_a_field_of_a_later_version_is_ignored():
    assert from_text(Thing, '{"name": "a", "count": 1, "invented_later": 1}') == Thing("a", 1)


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", '{"name": 3, "count": 1}', '{"name": "a", "count": "x"}', "{", '"a"', "null"],
)
def test_what_is_something_else_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 (of json or of ours)
        from_text(Thing, text)


def test_json_is_strict_whatever_is_in_it():
    text = dump_json({"a": math.nan, 1: (Path("x"), int), "b": {"c": -math.inf}})
    assert text == '{"a": "nan", "1": ["x", "int"], "b": {"c": "-inf"}}'
