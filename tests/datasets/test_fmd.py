import pytest

from harness import DataError
from harness.plugin.registry import active_registry
from harness_datasets.fmd import FMD

TYPES = ("Confocal_FISH", "TwoPhoton_MICE")


@pytest.fixture
def types(tmp_path, image_file):
    """Two types with three views, two captures of each at two noise levels."""
    for place, name in enumerate(TYPES):
        for view in (1, 2, 19):
            image_file(tmp_path / name / "gt" / str(view) / "avg50.png", channels=1, seed=view)
            for level in ("raw", "avg4"):
                for number in (1, 2):
                    path = tmp_path / name / level / str(view) / f"HV110_P050051000{number}.png"
                    image_file(path, channels=1, seed=[place, view, number, len(level)])
    return tmp_path


def test_view_19_is_tested_on_and_the_others_are_trained_on(types):
    dataset = FMD(types)
    test, train = dataset.samples("test"), dataset.samples("train")
    assert {sample.scene for sample in test} == {"Confocal_FISH_19", "TwoPhoton_MICE_19"}
    assert {sample.scene for sample in train} == {
        f"{name}_{view}" for name in TYPES for view in (1, 2)
    }
    assert (len(test), len(train)) == (4, 8)


def test_captures_of_a_view_share_their_ground_truth(types):
    one, other = FMD(types, type="Confocal_FISH").samples("test")
    assert one.clean.path == other.clean.path == types / "Confocal_FISH/gt/19/avg50.png"
    assert one.noisy.path != other.noisy.path
    assert one.noisy().shape[2] == 1


def test_names_are_unique_over_types_and_views(types):
    for split in ("train", "test"):
        names = [sample.name for sample in FMD(types).samples(split)]
        assert len(set(names)) == len(names)


def test_a_type_gives_its_groups(types):
    sample = FMD(types).samples("test")[-1]
    assert sample.groups == {"type": "TwoPhoton_MICE", "microscope": "TwoPhoton"}


def test_type_level_and_view_are_chosen_by_parameters(types):
    registry = active_registry()
    selector = f"fmd[root={types},type=TwoPhoton_MICE,level=avg4,test_view=2]"
    dataset = registry.build(registry.choose("dataset", selector))
    test = dataset.samples("test")
    assert [sample.noisy.path.parent for sample in test] == [types / "TwoPhoton_MICE/avg4/2"] * 2
    assert dataset.expected == 50


def test_the_folder_of_a_type_is_as_good_as_the_one_above(types):
    above = FMD(types, type="Confocal_FISH")
    inside = FMD(types / "Confocal_FISH", type="Confocal_FISH")
    assert above.fingerprint("train") == inside.fingerprint("train")


@pytest.mark.parametrize(("type_", "expected"), [("all", 600), ("Confocal_MICE", 50)])
def test_the_whole_test_set_has_so_many_captures(tmp_path, type_, expected):
    assert FMD(tmp_path, type=type_).expected == expected


def test_a_missing_type_level_or_ground_truth_is_named(types, tmp_path):
    with pytest.raises(DataError, match=r"^no types of FMD in .* say fmd\[type=NAME\]$"):
        FMD(types / "Confocal_FISH").samples("test")
    with pytest.raises(DataError, match=r"^no captures in .*: the split test is view 19 of each"):
        FMD(types, level="avg16").samples("test")
    (types / "Confocal_FISH/gt/19/avg50.png").unlink()
    with pytest.raises(DataError, match=r"no images in .*/gt/19"):
        FMD(types).samples("test")


def test_two_images_of_ground_truth_are_one_too_many(types, image_file):
    image_file(types / "Confocal_FISH" / "gt" / "19" / "avg16.png", channels=1)
    with pytest.raises(DataError, match=r"several images of ground truth in .*/gt/19; keep one$"):
        FMD(types).samples("test")


def test_its_problems_are_missing_types_and_captures_other_sizes_and_colour(types, image_file):
    image_file(types / "Confocal_FISH/raw/19/HV110_P0500510001.png", channels=3)
    missing, few, size, colour = FMD(types).problems()
    assert missing.startswith("lacks the types Confocal_BPAE_B, ")
    assert few.startswith("not 50 captures of a view: Confocal_FISH_1 (2), ")
    assert size.startswith("18 images are not 512x512, as images of FMD are")
    assert colour.startswith(
        "1 image is stored as colour, and FMD is grey, such as HV110_P05005100"
    )


@pytest.mark.parametrize("type_", ["all", "Confocal_FISH"])
def test_a_folder_that_is_not_there_is_no_problem_of_its_own(tmp_path, type_):
    assert list(FMD(tmp_path / "nowhere", type=type_).problems()) == []
