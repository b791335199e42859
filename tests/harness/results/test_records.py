"""Records survive their file, infinities included."""

import json
import math
from dataclasses import replace
from types import MappingProxyType

import pytest
from made_records import make_cell, make_fit_job, make_score

from harness.errors import ReportError
from harness.results.records import (
    SCHEMA,
    FitRecord,
    StageRecord,
    as_planned,
    from_json,
    to_json,
)
from harness.results.serial import dump_json, plain

SCORE = make_score(value=math.inf, count=3, details={"size": 256})
CELL = replace(
    make_cell("mine[width=3]", scores=[SCORE], trained_on="camera", narrowed={"width": "3"}),
    parameters={"width": 3},
)
FIT = FitRecord(
    job=make_fit_job(),
    status="failed",
    error="the loss is nan",
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
    cell = replace(CELL, scores=(replace(SCORE, value=math.nan),))
    value = from_json(to_json(cell)).scores[0].value
    assert value is not None
    assert math.isnan(value)


def test_a_frozen_mapping_can_be_written():
    cell = replace(CELL, parameters=MappingProxyType({"width": 8}))
    assert from_json(to_json(cell)).parameters == {"width": 8}


@pytest.mark.parametrize(
    ("before", "after"), [('"value": "inf"', '"value": 11.61'), ('"count": 3', '"count": 2')]
)
def test_a_record_in_which_a_bit_has_flipped_is_no_record(before, after):
    text = to_json(CELL)
    assert before in text
    with pytest.raises(ReportError, match="its checksum does not fit"):
        from_json(text.replace(before, after))


def test_a_record_of_another_version_says_so():
    data = {**plain(CELL), "schema": SCHEMA + 1, "kind": "cell", "sha256": ""}
    with pytest.raises(ReportError, match=r"another version of harness .* run it again"):
        from_json(dump_json(data))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "1", '{"kind": "cell"}', '{"schema": 2}', "[" * 100_000]
)
def test_what_is_no_record_is_an_error(text):
    with pytest.raises(ReportError, match="not a record of a fit or cell: "):
        from_json(text)


def test_a_record_of_the_store_takes_the_names_of_the_plan_that_finds_it():
    other = make_cell("mine[width=3]", "copy of camera").job
    found = as_planned(CELL, other)
    assert found.reused
    assert found.dataset == "copy of camera"
    assert found.scores == CELL.scores
