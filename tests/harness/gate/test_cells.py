"""Cells of runs as the gate compares them."""

from dataclasses import replace

import pytest
from made_records import make_cell, make_fit_job, make_reference, make_run, make_score

from harness.gate.cells import cells_of, gated, groups_of
from harness.results.jobs import MetricReference
from harness.results.machine import Commit, Machine
from harness.results.records import FitRecord, ImageScore

TRAINED = {"trained_on": "camera", "budget": "8it"}


def one(cell, fit=None, images=()):
    return gated(cell, fit, images)


def test_a_cell_says_what_it_is_and_what_was_asked_for():
    cell = one(make_cell("mine", "polyu", scores=[make_score()], clean="others", **TRAINED))
    assert (cell.method, cell.dataset) == ("mine", "polyu")
    assert cell.trained == "camera, clean others, 8it"
    assert cell.configuration["budget"] == "8it"
    assert cell.configuration["supervision"] == "self-supervised"
    assert list(cell.data) == ["test data", "training data", "clean images"]


def test_parameters_of_nested_networks_belong_to_the_configuration():
    record = make_cell()
    network = make_reference("network", "unet", parameters={"width": 4})
    method = make_reference("method", "mine", parameters={"network": network, "times": 2.0})
    configuration = one(replace(record, job=replace(record.job, method=method))).configuration
    assert configuration["parameter network"] == "unet"
    assert configuration["parameter network.width"] == "4"
    assert configuration["parameter times"] == "2.0"


def test_the_sources_of_a_method_do_not_belong_to_the_configuration():
    record = make_cell()
    newer = make_reference("method", "mine", version="2", sources="new")
    assert one(replace(record, job=replace(record.job, method=newer))) == one(record)


def test_weights_are_known_by_the_file_of_the_fit():
    record = make_cell(**TRAINED)
    fit = FitRecord(job=record.job.fit, status="done", files={"weights.safetensors": "digest"})
    assert one(record, fit).weights == "digest"
    assert one(record).weights == ""


def test_what_failed_has_the_metrics_that_were_asked_for():
    record = make_cell(status="failed", error="a bug")
    asked = MetricReference(metric=make_reference("metric", "psnr"), column=make_score().column)
    cell = one(replace(record, job=replace(record.job, metrics=(asked,))))
    assert [(each.value, each.reason) for each in cell.scores] == [(None, "a bug")]


def test_scores_of_images_are_kept_with_their_scenes():
    images = [
        ImageScore("a", "one", "psnr", 30.0),
        ImageScore("b", "two", "psnr", None, "no clean image"),
        ImageScore("a", "one", "ssim", 0.9),
    ]
    cell = one(make_cell(scores=[make_score()]), images=images)
    assert cell.scores[0].images == {"a": 30.0}
    assert cell.scenes == {"a": "one", "b": "two"}


def test_conditions_are_those_of_the_machine_and_of_the_libraries():
    machine = Machine(
        device="a GPU",
        processor="one",
        threads=2,
        commits={"harness": Commit(commit="1" * 40, dirty=True)},
    )
    record = make_cell(machine=machine)
    cell = one(replace(record, job=replace(record.job, libraries={"torch": "2.6"})))
    assert (
        cell.conditions.items()
        >= {
            "device": "a GPU",
            "threads": "2",
            "torch": "2.6",
            "commit of harness": "1111111 (dirty)",
        }.items()
    )
    assert one(make_cell()).conditions == {}


def test_seeds_are_one_group_and_other_data_another():
    seeds = [make_cell(seed=seed, **TRAINED) for seed in (1, 0)]
    other = make_cell(trained_on="polyu", budget="8it")
    groups = groups_of(cells_of(make_run(*seeds, other)))
    assert [group.seeds for group in groups] == [(0, 1), (0,)]


@pytest.mark.parametrize(
    ("field", "value"), [("processes", 2), ("accumulate", 4), ("compile", True)]
)
def test_how_a_fit_was_carried_out_belongs_to_the_configuration(field, value):
    record = make_cell(**TRAINED)
    fit = replace(make_fit_job(budget="8it"), **{field: value})
    other = one(replace(record, job=replace(record.job, fit=fit)))
    assert other.configuration != one(record).configuration
