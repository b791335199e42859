"""What the built-in plugins state of published values."""

from itertools import chain

import pytest
from made_records import make_cell, make_score

from harness.plugin.registry import load_registry
from harness.runs.published_scores import with_published

REGISTRY = load_registry()
STATED = [
    (entry.spec.name, value)
    for entry in REGISTRY.entries("method")
    for value in entry.spec.published
] + [
    (method, value)
    for entry in REGISTRY.entries("suite")
    for method, value in chain.from_iterable(
        ((method, value) for value in values) for method, values in entry.spec.published.items()
    )
]


@pytest.mark.parametrize(
    ("method", "value"), STATED, ids=lambda each: getattr(each, "source", each)
)
def test_a_value_states_its_training_data(method, value):
    assert value.trained_on


@pytest.mark.parametrize("method", sorted({method for method, _ in STATED}))
def test_a_value_belongs_to_a_method_that_is_here(method):
    assert REGISTRY.choose("method", method).label == method


@pytest.mark.parametrize("metric", sorted({value.metric for _, value in STATED}))
def test_a_value_belongs_to_a_metric_that_is_here(metric):
    assert REGISTRY.find("metric", metric)


@pytest.mark.parametrize(
    ("method", "dataset", "metric", "source", "values"),
    [
        ("apbsn", "sidd-validation", "lpips", "Table 1 of SSID", {0.281}),
        ("n2v", "sidd-validation", "psnr", "Table 1 of SSID", {27.48}),
        ("n2v", "sidd-benchmark", "psnr", "Table 1 of LG-BPN, from R2R", {27.68}),
        ("n2v", "cc15", "ssim", "Table 4 of D-BSN", {0.9158}),
        ("n2c[denoiser=restormer]", "dnd", "psnr", "Table 1 of SSID, Restormer", {40.03}),
        (
            "n2c[denoiser=dncnn]",
            "sidd-validation",
            "psnr",
            "Table 1 of SSID, DnCNN",
            {26.21, 37.73},
        ),
        ("n2c[denoiser=ssid-unet]", "sidd-benchmark", "ssim", "Table 1, Baseline N2C", {0.953}),
        ("ssid[output=fusion]", "sidd-validation", "latency", "Table 3", {22.9}),
        ("ssid", "sidd-validation", "latency", "Table 3", {4.8}),
        ("dbsn[distill=true]", "cc15", "ssim", "Table 4", {0.9370}),
        ("lgbpn", "sidd-validation", "parameters", "Table 2(a)", {0.45}),
        ("lgbpn", "sidd-validation", "flops", "Table 2(a)", {29.8}),
        ("lgbpn", "sidd-benchmark", "psnr", "Table 1", {37.28}),
        ("amsnet", "polyu", "psnr", "Table 2, in two readers' notes", {37.92}),
        ("amsnet", "polyu", "ssim", "Table 2, in the comparison of AM-CFD", {0.9645}),
    ],
)
def test_what_the_papers_tables_print_is_stated(method, dataset, metric, source, values):
    found = {
        value.value
        for owner, value in STATED
        if (owner, value.dataset, value.metric, value.source) == (method, dataset, metric, source)
    }
    assert found == values


@pytest.mark.parametrize(
    ("method", "value"),
    [(method, value) for method, value in STATED if method.partition("[")[0] in ("n2c", "n2v")],
    ids=lambda each: getattr(each, "source", each),
)
def test_a_value_of_a_baseline_names_the_paper_that_reports_it_or_is_its_own(method, value):
    own = value.origin == "paper" and "N2C" in value.source
    assert own or (value.origin == "report" and " of " in value.source)


def test_a_cost_that_counts_otherwise_than_here_says_so():
    costs = {
        (method, value.metric): value.protocol
        for method, value in STATED
        if value.metric in ("parameters", "flops") and method in ("lgbpn", "amsnet", "ssid")
    }
    assert costs == {
        ("lgbpn", "flops"): "256x256, multiply-adds of unmasked taps alone",
        ("lgbpn", "parameters"): "unmasked taps alone",
        ("amsnet", "flops"): "256x256, multiply-adds of the refinement alone",
        ("amsnet", "parameters"): None,
        ("ssid", "flops"): "256x256",
        ("ssid", "parameters"): None,
    }


@pytest.mark.parametrize("dataset", sorted({value.dataset for _, value in STATED}))
def test_a_value_belongs_to_a_dataset_that_is_here(dataset):
    assert REGISTRY.choose("dataset", dataset).label.startswith(dataset.partition("[")[0])


@pytest.mark.parametrize(
    ("method", "dataset", "trained_on", "metric", "protocol", "value"),
    [
        ("apbsn", "sidd-validation", "sidd-medium", "psnr", "8bit", 36.74),
        ("apbsn", "sidd-validation", "sidd-medium", "ssim", "matlab-volume", 0.934),
        ("apbsn", "sidd-validation", "sidd-medium", "ssim", "skimage", None),
        ("apbsn", "sidd-validation", "sidd-validation", "psnr", "8bit", None),
        ("apbsn", "sidd-benchmark", "sidd-medium", "psnr", "8bit", 35.97),
        ("apbsn", "dnd", "dnd", "psnr", "8bit", 38.09),
        ("apbsn", "dnd", "sidd-medium", "psnr", "8bit", None),
        ("lgbpn", "sidd-benchmark", "sidd-medium", "psnr", "8bit", 37.28),
        ("ssid[self_ensemble=true]", "dnd", "sidd-medium", "ssim", "dnd-server", 0.938),
    ],
)
def test_a_value_stands_beside_what_was_measured_as_its_paper_measures(
    method, dataset, trained_on, metric, protocol, value
):
    """The score itself is n/a where the server alone has the ground truth."""
    split = "train" if trained_on == "sidd-medium" else "test"
    measured = None if dataset in ("sidd-benchmark", "dnd") else 30.0
    cell = make_cell(
        method,
        dataset,
        trained_on=trained_on,
        train_split=split,
        budget="paper",
        scores=[make_score(metric, measured, protocol=protocol)],
    )
    (score,) = with_published(cell, REGISTRY).scores
    assert score.published == value
