import pytest
import torch
from made_records import make_cell, make_score

from harness import Method
from harness.plugin.registry import load_registry
from harness.runs.published_scores import published_on, with_published
from harness_dbsn.suites import SUITES

BY_NAME = {suite.name: suite for suite in SUITES}


@pytest.fixture(scope="module")
def registry():
    return load_registry()


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_every_row_is_known_in_its_canonical_form_and_every_dataset_is_another(registry, suite):
    assert [registry.choose("method", row).label for row in suite.methods] == list(suite.methods)
    assert set(suite.published) <= set(suite.methods)
    labels = {registry.choose("dataset", dataset).label for dataset in suite.datasets}
    assert len(labels) == len(suite.datasets)


@pytest.mark.parametrize("row", sorted({row for suite in SUITES for row in suite.methods}))
def test_every_row_can_be_made(registry, row):
    choice = registry.choose("method", row)
    with torch.device("meta"):
        method = registry.build(choice)
    assert isinstance(method, Method)


@pytest.fixture
def published(registry):
    """Looks up the float PSNR that is stated of a suite's rows on a dataset."""

    def look_up(suite, dataset):
        rows = BY_NAME[suite].methods
        found = [stated(registry, row, dataset, "psnr-float") for row in rows]
        return [values[0] if values else None for values in found]

    return look_up


@pytest.mark.parametrize(
    ("suite", "dataset", "values"),
    [  # D-BSN, and the whole
        ("dbsn-bsd68", "bsd68[sigma=15]", [31.63, 31.82]),
        ("dbsn-bsd68", "bsd68[sigma=25]", [29.12, 29.38]),
        ("dbsn-bsd68", "bsd68[sigma=50]", [26.19, 26.51]),
        ("dbsn-cbsd68", "cbsd68[sigma=15]", [33.56, 34.02]),
        ("dbsn-cbsd68", "cbsd68[sigma=25]", [30.61, 31.40]),
        ("dbsn-cbsd68", "cbsd68[sigma=50]", [27.66, 28.25]),
        ("dbsn-kodak-mcmaster", "kodak24[sigma=15,version=crops-500]", [33.74, 34.82]),
        ("dbsn-kodak-mcmaster", "kodak24[sigma=50,version=crops-500]", [28.69, 29.36]),
        ("dbsn-kodak-mcmaster", "mcmaster[sigma=25]", [31.56, 32.54]),
        ("dbsn-heteroscedastic", "bsd68[noise=hg-release]", [29.16, 30.10]),
        ("dbsn-heteroscedastic", "cbsd68[noise=hg-release]", [30.56, 31.72]),
        ("dbsn-multivariate", "cbsd68[noise=mg]", [26.48, 26.81]),
    ],
)
def test_a_value_of_the_paper_stands_beside_its_noise(published, suite, dataset, values):
    assert dataset in BY_NAME[suite].datasets
    assert published(suite, dataset) == values


@pytest.mark.parametrize("dataset", ["bsd68", "bsd68[seed=3]"])
def test_a_value_stands_beside_the_default_level_and_every_seed(published, dataset):
    assert published("dbsn-bsd68", dataset) == [29.12, 29.38]


@pytest.mark.parametrize(
    ("suite", "dataset"),
    [
        ("dbsn-bsd68", "bsd68[sigma=20]"),
        ("dbsn-bsd68", "bsd68[clip=true]"),
        ("dbsn-heteroscedastic", "bsd68[noise=hg-paper]"),
        ("dbsn-kodak-mcmaster", "kodak24[version=original]"),
        ("dbsn-kodak-mcmaster", "kodak24"),  # of whatever version
    ],
)
def test_no_value_stands_beside_other_noise_or_images(published, suite, dataset):
    assert published(suite, dataset) == [None, None]


def test_the_values_on_photographs_are_those_of_the_student(registry):
    label = "dbsn[distill=true]"
    assert tuple(BY_NAME["dbsn-real"].published) == (label,)
    assert stated(registry, label, "cc15", "psnr") == [35.90]


def stated(registry, method, dataset, metric):
    """What is published of a method on a dataset, whatever it was trained on."""
    choices = registry.choose("dataset", dataset), registry.choose("method", method)
    return [each.value for each in published_on(*choices, registry) if each.metric == metric]


@pytest.mark.parametrize("train_split", ["train", "test"])
def test_no_value_is_printed_beside_training_data_that_is_not_the_papers(registry, train_split):
    cell = make_cell(
        "dbsn[distill=true]",
        "cc15",
        trained_on="cc15",
        train_split=train_split,
        budget="paper",
        scores=[make_score()],
    )
    assert with_published(cell, registry).scores[0].published is None
