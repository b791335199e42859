import pytest

from harness.data.roots import Roots
from harness.errors import DataError, UsageError
from harness.plugin.registry import LoadSettings, load_registry
from harness.results.plan import Plan
from harness.runs.planning import Request, make_plan
from harness.runs.store import Store


@pytest.fixture
def plan(toys, tmp_path):
    registry = load_registry(LoadSettings(plugins=(str(toys),)))

    def plan(methods: str, datasets: str = "scenes", metrics: str = "psnr", **changes) -> Plan:
        train, clean = changes.pop("train", None), changes.pop("clean", None)
        request = Request(
            methods=registry.choose_all("method", methods),
            datasets=registry.choose_all("dataset", datasets),
            metrics=registry.choose_all("metric", metrics),
            train=registry.choose("dataset", train) if train else None,
            clean=registry.choose("dataset", clean) if clean else None,
            **changes,
        )
        return make_plan(request, registry, Store(tmp_path), Roots())

    return plan


def keys(plan: Plan) -> tuple[set[str], set[str]]:
    return {fit.key for fit in plan.fits}, {cell.key for cell in plan.cells}


def test_the_order_of_names_changes_no_key(plan):
    one = plan("toy,toy[width=3],identity", "scenes,scenes[count=3]", train="scenes")
    other = plan("identity,toy[width=3],toy", "scenes[count=3],scenes", train="scenes")
    assert keys(one) == keys(other)


def test_a_fit_is_shared_by_its_test_sets(plan):
    made = plan("toy", "scenes,scenes[count=3]", train="scenes")
    assert len(made.fits) == 1
    assert len(made.cells) == 2
    assert {cell.fit for cell in made.cells} == {made.fits[0].key}


def test_a_method_that_does_not_train_has_no_fit_and_one_cell_whatever_the_seeds(plan):
    made = plan("identity", seeds=(0, 1, 2))
    assert made.fits == ()
    assert len(made.cells) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"seeds": (1,)},
        {"budget": "5it"},
        {"precision": "bf16"},
        {"processes": 2},
        {"device": "cuda"},
        {"train_on": "test"},
        {"methods": "toy[width=5]"},
        {"train": "scenes[count=4]"},
    ],
)
def test_whatever_changes_the_weights_changes_the_key_of_the_fit(plan, changes):
    before = keys(plan("toy"))[0]
    after = keys(plan(changes.pop("methods", "toy"), **changes))[0]
    assert before.isdisjoint(after)


@pytest.mark.parametrize(
    "changes", [{"metrics": "psnr,ssim"}, {"images": 3}, {"device_name": "a GPU"}, {"tile": 64}]
)
def test_whatever_changes_the_scores_alone_leaves_the_fit(plan, changes):
    before, after = keys(plan("toy")), keys(plan("toy", **changes))
    assert before[0] == after[0]
    assert before[1].isdisjoint(after[1])


def test_quick_narrows_what_the_user_has_not_set(plan):
    assert plan("toy").fits[0].parameters["width"] == 2
    assert plan("toy[width=7]").fits[0].parameters["width"] == 7
    assert plan("toy", budget="paper").fits[0].parameters["width"] == 4
    assert plan("toy", budget="quick:3it").cells[0].narrowed == {"width": 2}


def test_channels_are_left_to_the_images_unless_they_are_given(plan):
    assert "channels" not in plan("toy").fits[0].parameters
    assert plan("toy[channels=1]").fits[0].parameters["channels"] == 1


def test_training_data_is_the_training_split_of_the_default(plan):
    data = plan("toy").fits[0].data
    assert (data.label, data.split) == ("scenes", "train")


@pytest.mark.parametrize(
    ("tested", "trained"),
    [("further", "scenes"), ("further[channels=1]", "scenes[channels=1]")],
)
def test_a_default_of_training_data_takes_over_parameters_of_the_tested(plan, tested, trained):
    assert plan("toy", tested).fits[0].data.label == trained


def test_a_parameter_can_widen_what_training_sees(plan):
    wide, narrow = plan("unpaired,unpaired[clean=false]").fits
    assert (wide.view, narrow.view) == ("unpaired", "noisy")
    assert [cell.view for cell in plan("unpaired,unpaired[clean=false]").cells] == [
        "unpaired",
        "noisy",
    ]


def test_clean_images_come_from_the_dataset_that_is_named_for_those_who_see_them(plan):
    made = plan("unpaired,toy", clean="further")
    wide, narrow = made.fits
    assert wide.clean is not None
    assert (wide.clean.label, wide.clean.split) == ("further", "test")
    assert "and clean images of further" in wide.title
    assert narrow.clean is None
    assert [cell.clean for cell in made.cells] == ["further", ""]
    other = plan("unpaired", clean="further[count=3]").fits[0]
    assert len({wide.key, other.key, plan("unpaired").fits[0].key}) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clean": "scenes"}, "that is the dataset whose noisy images are trained on"),
        (
            {"clean": "further[count=3]", "datasets": "further"},
            "that is the dataset which is tested on",
        ),
        ({"methods": "toy", "clean": "further"}, "none of these methods trains on unpaired"),
    ],
)
def test_clean_images_that_make_no_sense_are_refused(plan, options, message):
    methods = options.pop("methods", "unpaired")
    with pytest.raises(UsageError, match=message):
        plan(methods, **options)


def test_training_on_test_images_takes_those_of_each_test_set(plan):
    made = plan("toy", "scenes,scenes[count=3]", train_on="test")
    assert [(fit.data.label, fit.data.split) for fit in made.fits] == [
        ("scenes", "test"),
        ("scenes[count=3]", "test"),
    ]


def test_a_root_is_found_by_name_and_made_absolute(toys, tmp_path, monkeypatch):
    registry = load_registry(LoadSettings(plugins=(str(toys),)))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "polyu").mkdir(parents=True)
    polyu = registry.choose("dataset", "polyu")
    assert Roots({"polyu": tmp_path}).parameters(polyu)["root"] == str(tmp_path)
    given = registry.choose("dataset", "polyu[root=here]")
    assert Roots({"polyu": tmp_path}).parameters(given)["root"] == str(tmp_path / "here")
    below = str(tmp_path / "data" / "polyu")
    assert Roots(base=tmp_path / "data").parameters(polyu)["root"] == below
    monkeypatch.setenv("HARNESS_DATA", "data")
    assert Roots().parameters(polyu)["root"] == below
    with pytest.raises(DataError, match=r"say --root cc15=DIR"):
        Roots().parameters(registry.choose("dataset", "cc15"))


def test_a_folder_of_data_is_found_in_any_case(tmp_path):
    folder = tmp_path / "PolyU"
    folder.mkdir()
    polyu = load_registry().choose("dataset", "polyu")
    assert Roots(base=tmp_path).parameters(polyu)["root"] == str(folder)
