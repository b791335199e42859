"""A job's key depends on every field, unless the field's declaration says no."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from made_records import make_cell_job, make_data, make_fit_job, make_reference, make_score

from harness.results.jobs import CellJob, DataReference, FitJob, MetricReference
from harness.results.keys import is_keyed, key_of
from harness.results.reference import Reference
from harness.specs import LoadSettings

METRIC = MetricReference(
    metric=make_reference("metric", "psnr", sources="s"), column=make_score().column
)
FIT = replace(
    make_fit_job(clean="others"),
    method=make_reference(
        "method",
        "mine",
        parameters={"width": 4, "network": make_reference("network", "unet", sources="n")},
        sources="m",
    ),
    libraries={"torch": "2"},
)
CELL = replace(make_cell_job(), fit=FIT, metrics=(METRIC,), weights=Path("a.pt"))
LEFT_OUT = {
    ("Reference", "label"),
    ("Reference", "selector"),
    ("Reference", "narrowed"),
    ("Reference", "narrowed_on"),
    ("Reference", "plugin"),
    ("DataReference", "dataset"),
    ("DataReference", "content"),  # the fingerprint says it
    ("DataReference", "images"),  # the fingerprint says it
    ("DataReference", "scenes"),  # the fingerprint says it
    ("DataReference", "of_split"),  # the fingerprint says it
    ("DataReference", "expected"),  # of the whole set; what is there counts
    ("FitJob", "settings"),
    ("FitJob", "checkpoint_seconds"),
    ("FitJob", "previews"),  # they change no number
    ("CellJob", "settings"),
    ("CellJob", "weights"),
    ("CellJob", "seen"),  # the fingerprints say it
    ("Column", "ranks"),  # what is made of its numbers, and none of them
}
"""The fields on which no result depends; a new one must be argued for here."""


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    if value is None:
        return 64
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return f"{value} changed"
    if isinstance(value, Path):
        return Path("another")
    if isinstance(value, LoadSettings):
        return LoadSettings(plugins=("another",))
    if isinstance(value, tuple):
        return (*value, value[0]) if value else (METRIC,)
    if isinstance(value, Mapping):
        return {**value, "another": 1}
    raise AssertionError(f"no other value of {value!r} is known")


def variants(value: Any, path: tuple[str, ...] = ()):
    """Every way to change one field, here or nested: class and field changed, and the result."""
    for field in fields(value):
        inner = getattr(value, field.name)
        here = (type(value).__name__, field.name)
        keyed = is_keyed(field)
        if is_dataclass(inner) and not isinstance(inner, LoadSettings):
            for name, is_counted, variant in variants(inner):
                yield name, keyed and is_counted, replace(value, **{field.name: variant})
        else:
            yield here, keyed, replace(value, **{field.name: changed(inner)})


CASES = [
    pytest.param(job, name, keyed, variant, id=f"{type(job).__name__}-{name[0]}.{name[1]}-{index}")
    for job in (FIT, CELL)
    for index, (name, keyed, variant) in enumerate(variants(job))
]


@pytest.mark.parametrize(("job", "name", "keyed", "variant"), CASES)
def test_a_changed_field_changes_the_key_unless_its_declaration_says_no(job, name, keyed, variant):
    assert (variant.key != job.key) == keyed


@pytest.mark.parametrize("cls", [FitJob, CellJob, DataReference, Reference, MetricReference])
def test_the_fields_that_keys_leave_out_are_these_and_no_others(cls):
    left_out = {(cls.__name__, field.name) for field in fields(cls) if not is_keyed(field)}
    assert left_out == {pair for pair in LEFT_OUT if pair[0] == cls.__name__}


def test_a_change_in_a_nested_network_changes_the_key():
    other = make_reference("network", "unet", sources="another")
    method = replace(FIT.method, parameters={**FIT.method.parameters, "network": other})
    assert replace(FIT, method=method).key != FIT.key


def test_the_name_and_the_place_of_equal_data_do_not_matter():
    elsewhere = replace(make_data("copy", parameters={"root": "/elsewhere"}), split="train")
    same = replace(elsewhere, fingerprint=FIT.data.fingerprint)
    assert replace(FIT, data=same).key == FIT.key


def test_a_fit_and_a_cell_never_share_a_key():
    @dataclass(frozen=True)
    class One:
        a: int = 1

    @dataclass(frozen=True)
    class Two:
        a: int = 1

    assert key_of(One()) != key_of(Two())


def test_what_has_no_canonical_form_is_refused():
    with pytest.raises(TypeError, match="a key cannot hold a set"):
        replace(FIT, libraries={"torch": {1}}).key  # noqa: B018
