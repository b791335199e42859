"""Protocols by name: which metrics a run measures, and on which datasets only others can score."""

from pathlib import Path

import pytest

from harness.errors import UnknownNameError
from harness.plugin.registry import load_registry
from harness.runs.planning import make_plan
from harness.runs.request import Request
from harness.specs import LoadSettings

PLUGIN = """
from harness import DatasetSpec, ProtocolSpec, hookimpl

@hookimpl
def harness_register_protocols():
    return [
        ProtocolSpec(
            name="volume", summary="As a volume.", metrics=("psnr", "ssim[protocol=matlab-volume]")
        ),
        ProtocolSpec(
            name="served", summary="By a server.", metrics=("psnr",), scored_by="a server scores it"
        ),
    ]

@hookimpl
def harness_register_datasets():
    return [
        DatasetSpec(
            name=name, target="toys:Scenes", summary="Smooth images.", trains_on="scenes",
            splits=("train", "test"), protocol=protocol,
        )
        for name, protocol in (("voluminous", "volume"), ("remote", "served"), ("lost", "gone"))
    ]
"""


@pytest.fixture
def registry(tmp_path: Path, toys: Path):
    plugin = tmp_path / "scored.py"
    plugin.write_text(PLUGIN)
    return load_registry(LoadSettings(plugins=(str(toys), str(plugin))))


@pytest.fixture
def plan(registry):
    def plan(dataset: str, **options):
        request = Request(methods="identity", datasets=dataset, device="cpu", **options)
        return make_plan(request, registry)

    return plan


def labels(plan) -> list[str]:
    return [metric.metric.label for metric in plan.cells[0].metrics]


def test_a_protocol_replaces_metrics_of_its_names_and_leaves_the_others(plan):
    made = plan("scenes", protocol="volume", metrics="ssim,psnr,parameters")
    assert labels(made) == ["psnr", "ssim[protocol=matlab-volume]", "parameters"]


def test_a_metric_with_a_convention_of_its_own_stands_beside_those_of_the_protocol(plan):
    made = plan("scenes", protocol="volume", metrics="ssim[protocol=wang]")
    assert labels(made) == ["psnr", "ssim[protocol=matlab-volume]", "ssim[protocol=wang]"]


def test_the_protocol_is_named_below_the_table(plan):
    assert plan("scenes", protocol="volume").notes == ("Protocol volume: As a volume.",)


def test_another_convention_than_that_of_the_dataset_is_noted(plan):
    assert plan("voluminous", metrics="psnr,ssim").notes == (
        "voluminous has a protocol of its own, with ssim[protocol=matlab-volume]: "
        "--protocol volume.",
    )


@pytest.mark.parametrize(
    "options", [{"protocol": "volume"}, {"metrics": "psnr"}, {"metrics": "parameters"}]
)
def test_what_follows_the_protocol_of_the_dataset_or_leaves_it_open_is_not_noted(plan, options):
    assert not any("of its own" in note for note in plan("voluminous", **options).notes)


def test_metrics_of_images_that_others_compute_are_missing_with_the_reason(plan):
    made = plan("remote", metrics="psnr,parameters")
    assert [metric.missing for metric in made.cells[0].metrics] == ["a server scores it", ""]


def test_a_server_scores_its_own_dataset_alone(plan):
    assert [m.missing for m in plan("scenes", metrics="psnr").cells[0].metrics] == [""]


def test_what_needs_no_ground_truth_is_measured_where_a_server_has_it(plan):
    made = plan("remote", metrics="psnr,upsnr,residual-correlation")
    assert [m.missing for m in made.cells[0].metrics] == ["a server scores it", "", ""]


def test_a_dataset_whose_protocol_is_left_out_is_measured_as_ever(plan):
    assert plan("lost", metrics="psnr").notes == ()


def test_an_unknown_protocol_is_named(plan):
    with pytest.raises(UnknownNameError, match="there is no protocol 'volum'; did you mean"):
        plan("scenes", protocol="volum")
