from dataclasses import replace

import pytest
from made_records import make_cell, make_run, make_score

from harness.plugin.registry import LoadSettings, load_registry
from harness.runs.published_scores import showing_published, with_published

PLUGIN = """
from harness import MethodSpec, Published, SuiteSpec, hookimpl

VALUES = (
    Published(
        dataset="camera", metric="psnr", value=31.5, source="Table 1", trained_on="camera"
    ),
    Published(
        dataset="camera", metric="ssim", value=0.9, source="Table 1", protocol="wang",
        trained_on="camera",
    ),
    Published(
        dataset="camera", metric="lpips", value=0.2, source="Table 1", trained_on="camera",
        protocol="not stated",
    ),
    Published(dataset="cc15", metric="psnr", value=35.9, source="Table 3", trained_on="itself"),
    Published(
        dataset="polyu", metric="psnr", value=37.9, source="Table 4", trained_on="cc15",
        origin="report",
    ),
    Published(
        dataset="bsd68", metric="psnr", value=29.1, source="Table 5",
        trained_on="400 images, cut into patches",
    ),
    Published(dataset="set12", metric="psnr", value=30.4, source="Table 5"),
)

@hookimpl
def harness_register_methods():
    classical = (Published(dataset="cc15", metric="psnr", value=33.4, source="Table 6"),)
    return [
        MethodSpec(name="known", target="x:Y", summary="s", trains=True, published=VALUES),
        MethodSpec(name="classical", target="x:Y", summary="s", published=classical),
    ]

@hookimpl
def harness_register_suites():
    variant = Published(
        dataset="camera", metric="psnr", value=30.0, source="Table 2", trained_on="camera"
    )
    bright = Published(
        dataset="camera[iso=100]", metric="psnr", value=40.0, source="Table 2", trained_on="camera"
    )
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


def beside(registry, dataset, trained_on="", *, scores=SCORES[:1], images=None, **of_cell):
    """The scores of a method that was trained as its paper says, but for what is said."""
    cell = make_cell(
        of_cell.pop("method", "known"),
        dataset,
        trained_on=trained_on,
        scores=scores,
        **({"budget": "paper"} if trained_on else {}),
        **of_cell,
    )
    job = replace(cell.job, data=replace(cell.job.data, images=images, expected=images and 100))
    return with_published(replace(cell, job=job), registry).scores


@pytest.mark.parametrize(
    ("dataset", "trained_on", "split", "value"),
    [
        ("polyu", "cc15", "test", 37.9),
        ("polyu", "camera", "train", None),
        ("polyu", "polyu", "test", None),
        ("cc15", "cc15", "test", 35.9),
        ("cc15", "polyu", "test", None),
        ("bsd68", "camera", "train", None),
        ("set12", "camera", "train", None),
    ],
)
def test_a_value_stands_beside_its_own_training_data_alone(
    registry, dataset, trained_on, split, value
):
    (score,) = beside(registry, dataset, trained_on, train_split=split)
    assert score.published == value


def test_a_method_that_does_not_train_needs_no_training_data(registry):
    (score,) = beside(registry, "cc15", method="classical")
    assert score.published == 33.4


def test_none_stands_beside_pretrained_weights_of_which_nothing_is_known(registry):
    (score,) = beside(registry, "cc15", weights="some.pth")
    assert score.published is None


def test_none_stands_beside_a_training_with_clean_images_of_another_dataset(registry):
    (score,) = beside(registry, "polyu", "cc15", train_split="test", clean="others")
    assert score.published is None


@pytest.mark.parametrize(("images", "value"), [(100, 37.9), (2, None)])
def test_none_stands_beside_part_of_a_dataset(registry, images, value):
    (score,) = beside(registry, "polyu", "cc15", train_split="test", images=images)
    assert score.published == value


def test_a_protocol_that_the_paper_does_not_state_is_that_of_no_measured_value(registry):
    scores = [make_score("lpips", protocol=f"v0.1 {net}") for net in ("alex", "vgg", "squeeze")]
    assert [each.published for each in beside(registry, "camera", "camera", scores=scores)] == [
        None
    ] * 3


def test_a_value_without_a_protocol_has_the_default_of_its_metric(registry):
    scores = [make_score(protocol="8bit"), make_score(protocol="another")]
    assert [each.published for each in beside(registry, "camera", "camera", scores=scores)] == [
        31.5,
        None,
    ]


def test_the_source_says_who_reports_a_value_that_is_not_from_the_papers_own_table(registry):
    (score,) = beside(registry, "polyu", "cc15", train_split="test")
    assert score.source == "Table 4, reported by others"


def apart(registry, dataset, trained_on="", budget="paper", **more):
    """What stands apart from the scores of a cell: score, value, and what differs."""
    cell = make_cell(
        more.pop("method", "known"),
        dataset,
        trained_on=trained_on,
        scores=more.pop("scores", SCORES[:1]),
        **({"budget": budget} if trained_on else {}),
        **{key: more.pop(key) for key in ("train_split", "weights", "clean") if key in more},
    )
    job = replace(cell.job, data=replace(cell.job.data, **more))
    found = with_published(replace(cell, job=job), registry).published
    return {each.score: (each.value, each.differs) for each in found}


@pytest.mark.parametrize(
    ("facts", "differs"),
    [
        (("polyu", "camera"), ["trained on cc15, here on camera"]),
        (("polyu", "polyu"), ["trained on cc15, here on its test images"]),
        (("cc15", "polyu"), ["trained on the noisy test images, here on polyu"]),
        (("bsd68", "camera"), ["trained on 400 images, cut into patches, here on camera"]),
        (("set12", "camera"), ["training data not stated, here on camera"]),
        (("polyu", "cc15", "quick"), ["trained as published, here quick"]),
        (
            ("cc15", "polyu", "30it"),
            [
                "trained on the noisy test images, here on polyu",
                "trained as published, here 30it",
            ],
        ),
    ],
)
def test_what_cannot_be_compared_stands_apart_with_what_differs(registry, facts, differs):
    (found,) = apart(registry, *facts, train_split="test").values()
    assert found[1] == tuple(differs)


def test_part_of_a_dataset_clean_images_and_weights_are_named(registry):
    part = apart(registry, "polyu", "cc15", train_split="test", images=2, expected=100)
    assert part["PSNR [dB] (8bit)"][1] == ("here 2 of 100 images",)
    clean = apart(registry, "polyu", "cc15", train_split="test", clean="others")
    assert clean["PSNR [dB] (8bit)"][1] == ("here with clean images of others",)
    weights = apart(registry, "polyu", weights="some.pth")
    assert weights["PSNR [dB] (8bit)"][1] == (
        "here weights some.pth, of whose training nothing is known",
    )


def test_a_protocol_that_differs_or_was_not_measured_is_named(registry):
    scores = [make_score(), make_score("lpips", protocol="v0.1 alex")]
    assert apart(registry, "camera", "camera", scores=scores) == {
        "SSIM (wang)": (0.9, ("not measured here",)),
        "LPIPS (not stated)": (0.2, ("protocol not stated, here v0.1 alex",)),
    }


def test_a_value_stands_beside_or_apart_and_never_both(registry):
    for trained_on in ("cc15", "camera"):
        cell = make_cell(
            "known",
            "polyu",
            trained_on=trained_on,
            train_split="test",
            budget="paper",
            scores=SCORES[:1],
        )
        made = with_published(cell, registry)
        assert (made.scores[0].published is None) == bool(made.published)


def test_a_narrowed_method_still_has_what_is_published_of_it(registry):
    cell = make_cell("known", "polyu", trained_on="cc15", scores=SCORES[:1])
    job = replace(cell.job, method=replace(cell.job.method, selector="known[width=1]"))
    assert with_published(replace(cell, job=job), registry).published


def test_values_are_shown_where_they_agree_or_all_or_none(registry):
    facts = {"trained_on": "camera", "train_split": "test", "budget": "paper"}
    run = make_run(
        with_published(make_cell("known", "polyu", scores=SCORES[:1], **facts), registry),
        make_cell(scores=[make_score(published=31.5, source="Table 1")]),
    )
    shown = {choice: showing_published(run, choice).cells for choice in ("all", "agreeing", "none")}
    assert shown["all"] == run.cells
    assert [bool(cell.published) for cell in shown["all"]] == [True, False]
    assert [bool(cell.published) for cell in shown["agreeing"]] == [False, False]
    assert shown["agreeing"][1].scores[0].published == 31.5
    (score,) = shown["none"][1].scores
    assert (score.published, score.source) == (None, "")
