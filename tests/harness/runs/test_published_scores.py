from dataclasses import replace

import pytest
from made_records import make_cell, make_score

from harness.plugin.registry import LoadSettings, load_registry
from harness.runs.published_scores import with_published

PLUGIN = """
from harness import MethodSpec, Published, SuiteSpec, hookimpl

VALUES = (
    Published(dataset="camera", metric="psnr", value=31.5, source="Table 1"),
    Published(dataset="camera", metric="ssim", value=0.9, source="Table 1", protocol="wang"),
)

@hookimpl
def harness_register_methods():
    return MethodSpec(
        name="known", target="x:Y", summary="s", trains=True, published=VALUES
    )

@hookimpl
def harness_register_suites():
    variant = Published(dataset="camera", metric="psnr", value=30.0, source="Table 2")
    bright = Published(dataset="camera[iso=100]", metric="psnr", value=40.0, source="Table 2")
    return SuiteSpec(
        name="ablation",
        summary="s",
        methods=("known[width=1]", "known[width=3]"),
        published={"known[width=1]": (variant,), "known[width=3]": (bright,)},
    )
"""

SCORES = (make_score(), make_score("ssim", protocol="skimage"))
FACTS = {"method": "known", "trained_on": "camera", "budget": "paper", "scores": SCORES}


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    file = tmp_path_factory.mktemp("plugin") / "known_plugin.py"
    file.write_text(PLUGIN)
    return load_registry(LoadSettings(plugins=(str(file),)))


def published(registry, dataset="camera", **changes):
    """The published values that stand beside the scores of a cell."""
    cell = make_cell(**{**FACTS, **changes})
    data = replace(cell.job.data, dataset=registry.choose("dataset", dataset))
    if "train_split" not in changes:
        data = replace(data, fingerprint="the test images")
    record = replace(cell, job=replace(cell.job, data=data))
    return [score.published for score in with_published(record, registry).scores]


def test_a_published_value_stands_beside_its_own_metric_and_protocol(registry):
    assert published(registry) == [31.5, None]
    other = (make_score(), make_score("ssim", protocol="wang"))
    assert published(registry, scores=other) == [31.5, 0.9]


@pytest.mark.parametrize(
    "changes",
    [
        {"budget": "quick"},
        {"train_split": "test"},
        {"dataset": "polyu"},
        {"method": "known[width=2]"},
    ],
)
def test_there_is_none_where_it_could_not_be_compared(registry, changes):
    assert published(registry, **changes) == [None, None]


def test_a_suite_knows_its_variants(registry):
    assert published(registry, method="known[width=1]") == [30.0, None]


@pytest.mark.parametrize(
    ("dataset", "value"),
    [("camera[iso=100]", 40.0), ("camera[iso=100,seed=3]", 40.0), ("camera", None)],
)
def test_a_value_belongs_to_the_parameters_that_it_states(registry, dataset, value):
    assert published(registry, dataset, method="known[width=3]") == [value, None]
