"""Splits by scene: what is tested on, what is left to train on, and what the table says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_records import make_cell, make_fit_job, make_run, make_score
from PIL import Image as Pillow

from harness.errors import UsageError
from harness.plugin.registry import load_registry
from harness.runs.api import run
from harness.runs.overlap import with_overlaps
from harness.runs.planning import make_plan
from harness.runs.published_scores import with_published
from harness.runs.request import Request
from harness.runs.table import summarise
from harness.specs import LoadSettings

SCENES = ("chair", "door", "stair", "toy")


@pytest.fixture
def registry(toys):
    return load_registry(LoadSettings(plugins=(str(toys),)))


@pytest.fixture
def images(tmp_path):
    """Two pairs of each scene, named as PolyU's crops are."""
    draw = np.random.default_rng(0)
    (tmp_path / "polyu").mkdir()
    for place, scene in enumerate(SCENES):
        for index in (1, 2):
            for half in ("real", "mean"):
                pixels = draw.integers(0, 256, (24, 24, 3), dtype=np.uint8)
                camera = "Sony_4_200" if place < 2 else "Canon80D_8_8"
                name = f"{camera}_3200_{scene}_{index}_{half}.JPG"
                Pillow.fromarray(pixels).save(tmp_path / "polyu" / name)
    return tmp_path / "polyu"


@pytest.fixture
def asked(images):
    def asked(methods="toy", **changes):
        given = {"datasets": f"polyu[root={images}]", "metrics": "psnr", "device": "cpu", **changes}
        return Request(methods=methods, **given)

    return asked


@pytest.fixture
def plan(asked, registry):
    return lambda *args, **changes: make_plan(asked(*args, **changes), registry)


def test_the_named_scenes_are_tested_on_and_all_others_trained_on(plan):
    (cell,) = plan(test_scenes="toy,door").cells
    assert cell.data.scenes == ("door", "toy")
    assert cell.fit.data.scenes == ("chair", "stair")
    assert not cell.trained_on_itself


def test_training_sees_none_of_the_test_images(plan, registry):
    (cell,) = with_overlaps(plan(test_scenes=["camera=Sony"]), registry).cells
    assert cell.data.scenes == ("chair", "door")
    assert (cell.seen.images, cell.seen.noisy, cell.seen.clean) == (4, 0, 0)
    assert cell.data.content != cell.fit.data.content


def test_supervised_and_unpaired_methods_train_on_other_scenes_too(plan, registry):
    made = with_overlaps(plan("supervised,unpaired", test_scenes="toy"), registry)
    assert all((cell.seen.noisy, cell.seen.clean) == (0, 0) for cell in made.cells)


def test_other_scenes_make_other_jobs(plan):
    toy, door = plan(test_scenes="toy"), plan(test_scenes="door")
    assert toy.cells[0].key != door.cells[0].key
    assert toy.fits[0].key != door.fits[0].key


def test_the_order_of_scenes_and_how_they_are_named_make_no_other_job(plan):
    one, other = plan(test_scenes="door, chair"), plan(test_scenes=("camera=Sony",))
    assert one.cells[0].key == other.cells[0].key


def test_scenes_of_another_training_dataset_are_left_out_by_their_names(plan, images, registry):
    copies = f"folder[layout=clean,root={images.parent / 'others'}]"
    (images.parent / "others").mkdir()
    for name in ("toy", "tree"):
        Pillow.new("RGB", (24, 24)).save(images.parent / "others" / f"{name}.png")
    (cell,) = plan(test_scenes="toy", train=copies).cells
    assert cell.fit.data.scenes == ("tree",)
    (cell,) = plan(test_scenes="door", train=copies).cells
    assert cell.fit.data.scenes == ()
    (cell,) = plan("unpaired", test_scenes="toy", clean=copies).cells
    assert cell.fit.clean.scenes == ("tree",)


def test_a_split_for_training_is_used_without_the_scenes(plan):
    (cell,) = plan(datasets="camera", test_scenes="coffee").cells
    assert (cell.data.split, cell.data.scenes) == ("test", ("coffee",))
    assert cell.fit.data.split == "train"
    assert "coffee" not in cell.fit.data.scenes
    assert len(cell.fit.data.scenes) == 4


def test_training_on_the_test_images_takes_the_same_scenes(plan):
    (cell,) = plan(test_scenes="toy", train_on="test").cells
    assert cell.trained_on_itself
    assert cell.data.scenes == ("toy",)


def test_a_method_that_does_not_train_needs_nothing_left(plan):
    (cell,) = plan("identity", test_scenes="camera=Sony,camera=Canon80D").cells
    assert cell.data.scenes == SCENES


def test_nothing_left_to_train_on_is_an_error(plan):
    with pytest.raises(
        UsageError,
        match=r"^--test-scenes chair, door, stair, toy: nothing is left of 'polyu\[root=.*\]' to "
        "train on; name fewer scenes, or another dataset with --train$",
    ):
        plan(test_scenes="iso=3200")


def test_a_scene_that_is_not_there_is_an_error(plan):
    with pytest.raises(UsageError, match=r"has no scene 'stairs'; did you mean 'stair'\?$"):
        plan(test_scenes="stairs")


def test_a_dataset_that_fails_makes_its_own_jobs_impossible_alone(plan, images, tmp_path):
    (tmp_path / "broken.py").write_text(
        "from harness import Dataset, DatasetSpec, hookimpl\n"
        "@hookimpl\n"
        "def harness_register_datasets():\n"
        "    return DatasetSpec(name='broken', target='broken:Broken', summary='s')\n"
        "class Broken(Dataset):\n"
        "    def samples(self, split):\n"
        "        raise OSError('gone')\n"
    )
    both = load_registry(LoadSettings(plugins=(str(tmp_path / "broken.py"),)))
    request = Request(
        methods="identity",
        datasets=f"broken,polyu[root={images}]",
        metrics="psnr",
        device="cpu",
        test_scenes="toy",
    )
    made = make_plan(request, both)
    assert [cell.key in made.impossible for cell in made.cells] == [True, False]


def test_a_run_tests_the_named_scenes_and_its_table_says_so(asked, registry, tmp_path):
    request = asked(
        "toy,identity", test_scenes="toy", budget="2it", out=tmp_path / "runs", images=0
    )
    done = run(request, registry)
    assert [cell.status for cell in done.cells] == ["done", "done"], done.cells
    assert {cell.scores[0].count for cell in done.cells} == {2}
    summary = summarise(done)
    assert summary.rows[0].dataset.endswith("2 of 100, test scenes: toy")
    assert "6 of 100, other scenes, 2it" in summary.rows[0].trained
    assert any("tested on 1 scene (toy) alone" in note for note in summary.remarks)
    assert any(
        "trained on 3 scenes (chair, door, stair), none of which is tested on" in note
        for note in summary.remarks
    )


def made(scenes=(), trained=()):
    cell = make_cell("known", "camera", scores=(make_score(),))
    fit = make_fit_job("known", budget="paper")
    fit = replace(fit, data=replace(fit.data, scenes=trained))
    job = replace(cell.job, data=replace(cell.job.data, scenes=scenes), fit=fit)
    return replace(cell, job=job)


@pytest.fixture
def published(tmp_path):
    (tmp_path / "known.py").write_text(
        "from harness import MethodSpec, Published, hookimpl\n"
        "VALUE = Published(dataset='camera', metric='psnr', value=31.5, source='Table 1',\n"
        "                  trained_on='camera')\n"
        "@hookimpl\n"
        "def harness_register_methods():\n"
        "    return MethodSpec(name='known', target='x:Y', summary='s', trains=True,\n"
        "                      published=(VALUE,))\n"
    )
    registry = load_registry(LoadSettings(plugins=(str(tmp_path / "known.py"),)))
    return lambda cell: with_published(cell, registry)


def test_a_published_value_stands_beside_the_whole_set_alone(published):
    assert published(made()).scores[0].published == 31.5
    part = published(made(("coffee",)))
    assert part.scores[0].published is None
    assert part.published[0].differs == ("here the scenes coffee alone",)


def test_a_published_value_stands_beside_training_on_all_scenes_alone(published):
    part = published(made(trained=("coffee",)))
    assert part.scores[0].published is None
    assert part.published[0].differs == ("trained on camera, here on camera, scenes coffee",)


def test_parts_by_other_scenes_are_rows_of_their_own():
    run = make_run(made(("coffee",)), made(("astronaut",)), made(("coffee",), ("rocket",)))
    assert len(summarise(run).rows) == 3


def test_titles_name_the_scenes(plan):
    (cell,) = plan(test_scenes="toy").cells
    assert "(scenes toy), seed 0" in cell.title
    assert "(scenes chair, door, stair), seed 0" in cell.fit.title


def test_the_configuration_takes_scenes_as_a_list(in_process, images, toys):
    command = ("--plugin", str(toys), "run", "--methods", "toy", "--dry-run", "--root")
    Path("harness.toml").write_text('[run]\ntest-scenes = ["toy", "camera=Sony"]\n')
    code, configured, err = in_process(*command, f"polyu={images}", "--datasets", "polyu")
    assert code == 0, err
    assert "test toy on polyu (scenes chair, door, toy), seed 0" in configured
    assert "train toy on polyu (scenes stair), seed 0" in configured


def test_a_scene_that_is_not_there_ends_the_command_with_one_line(in_process, images, toys):
    arguments = ("--datasets", "polyu", "--test-scenes", "stairs", "--root", f"polyu={images}")
    code, _, err = in_process("--plugin", str(toys), "run", "--methods", "toy", *arguments)
    assert code == 2
    assert "dataset 'polyu' has no scene 'stairs'; did you mean 'stair'?" in err


def test_the_long_form_names_the_scenes_that_were_tested_on():
    registry = load_registry()
    text = registry.build(registry.choose("report", "csv"))(make_run(made(("coffee", "rocket"))))
    assert "scenes coffee, rocket" in str(text)
