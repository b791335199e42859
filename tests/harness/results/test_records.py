"""Records survive their file, infinities included."""

import json
import math
from types import MappingProxyType

import pytest
from made_records import make_score

from harness.errors import ReportError
from harness.results.records import (
    SCHEMA,
    CellRecord,
    FitRecord,
    StageRecord,
    dump_json,
    from_json,
    to_json,
)

SCORE = make_score(value=math.inf, count=3, details={"size": 256})
CELL = CellRecord(
    key="c",
    status="done",
    method="mine[width=3]",
    parameters={"width": 3},
    dataset="camera",
    narrowed={"width": 3},
    scores=(SCORE,),
)
FIT = FitRecord(
    key="f",
    status="failed",
    method="mine",
    error="the loss is nan",
    trained_on="camera",
    stages=(StageRecord(name="only", iterations=7, seconds=0.5, final_loss=-math.inf),),
)


@pytest.mark.parametrize("record", [CELL, FIT])
def test_a_record_is_read_as_it_was_written(record):
    assert from_json(to_json(record)) == record


@pytest.mark.parametrize("record", [CELL, FIT])
def test_a_record_is_one_line_of_strict_json_with_its_schema(record):
    def refuse(constant):
        raise AssertionError(constant)

    text = to_json(record)
    assert "\n" not in text
    assert json.loads(text, parse_constant=refuse)["schema"] == SCHEMA


def test_nan_is_read_back_as_nan():
    score = SCORE.__class__(**{**vars(SCORE), "value": math.nan})
    cell = CellRecord(key="c", status="done", method="m", scores=(score,))
    read = from_json(to_json(cell))
    assert isinstance(read, CellRecord)
    assert read.scores[0].value is not None
    assert math.isnan(read.scores[0].value)


def test_a_field_of_a_later_version_is_ignored():
    text = dump_json({**json.loads(to_json(CELL)), "invented_later": 1})
    assert from_json(text) == CELL


def test_a_frozen_mapping_can_be_written():
    cell = CellRecord(key="c", status="done", method="m", narrowed=MappingProxyType({"width": 8}))
    read = from_json(to_json(cell))
    assert isinstance(read, CellRecord)
    assert read.narrowed == {"width": 8}


@pytest.mark.parametrize("text", ["", "{", "[]", "1", '{"kind": "cell"}', '{"kind": "fit"}'])
def test_what_is_no_record_is_an_error(text):
    with pytest.raises(ReportError, match="not a record of a fit or cell: "):
        from_json(text)
