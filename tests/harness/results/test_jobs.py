from dataclasses import replace
from pathlib import Path

import pytest
from made_records import make_cell_job, make_fit_job, make_reference, make_score

from harness.results.jobs import MetricReference, read_job, write_job
from harness.specs import LoadSettings

METHOD = make_reference(
    "method",
    "m[sizes=[1,2]]",
    parameters={
        "sizes": (1, 2),
        "rate": 1e-3,
        "name": None,
        "limit": float("inf"),
        "network": make_reference("network", "unet", parameters={"width": 8}),
    },
)
FIT = replace(
    make_fit_job(clean="others"),
    method=METHOD,
    settings=LoadSettings(plugins=("no:x",), only=("a", "b")),
)
METRIC = MetricReference(
    metric=make_reference("metric", "ssim", parameters={"protocol": "wang"}),
    column=make_score("ssim").column,
)
CELL = replace(
    make_cell_job(), method=METHOD, fit=FIT, metrics=(METRIC,), images=None, weights=Path("/w.pt")
)


@pytest.mark.parametrize("job", [FIT, CELL])
def test_a_job_is_read_as_it_was_written_and_has_its_key(job, tmp_path):
    read = read_job(write_job(job, tmp_path))
    assert read == job
    assert read.key == job.key


def test_a_job_names_all_plugins_that_it_needs():
    kinds = [(reference.kind, reference.name) for reference in CELL.references()]
    assert kinds == [
        ("method", "m"),
        ("network", "unet"),
        ("dataset", "camera"),
        ("metric", "ssim"),
    ]
    assert [reference.name for reference in FIT.references()] == ["m", "unet", "camera", "others"]


def test_the_target_of_a_method_gets_networks_by_selector():
    assert METHOD.arguments()["network"] == "unet"
