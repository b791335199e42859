import pytest

from harness import run, summarise
from harness.plugin.registry import active_registry
from harness.runs.request import Request
from harness_datasets.rni15 import RNI15


def test_images_have_no_ground_truth(tmp_path, image_file):
    for name in ("Dog.png", "Audrey_Hepburn.jpg"):
        image_file(tmp_path / name)
    samples = RNI15(tmp_path).samples("test")
    assert [sample.name for sample in samples] == ["Audrey_Hepburn", "Dog"]
    assert all(sample.clean is None for sample in samples)


def test_images_that_are_none_of_the_set_are_a_problem(tmp_path, image_file):
    image_file(tmp_path / "Dog.png")
    image_file(tmp_path / "Dog_denoised.png")
    assert list(RNI15(tmp_path).problems()) == [
        "images that are none of RNI15's: Dog_denoised.png; remove them"
    ]


def test_a_run_gives_pictures_and_no_scores(tmp_path, image_file):
    for name in ("Dog.png", "Audrey_Hepburn.jpg"):
        image_file(tmp_path / "rni15" / name)
    request = Request(
        methods="identity",
        datasets=f"rni15[root={tmp_path / 'rni15'}]",
        metrics="psnr",
        device="cpu",
        out=tmp_path / "runs",
    )
    done = run(request, active_registry())
    (row,) = summarise(done).texts()
    assert done.cells[0].status == "done"
    assert row[-1].startswith("n/a")
    assert {path.name for path in (tmp_path / "runs").glob("cells/*/images/*.png")} == {
        "Audrey_Hepburn.png",
        "Dog.png",
    }


@pytest.fixture(scope="module")
def real(real_data):
    root = real_data / "RNI15"
    if not root.is_dir():
        pytest.skip(f"needs the RNI15 set in {root} (HARNESS_REAL_DATA)")
    return RNI15(root)


def test_the_real_set_is_whole_and_without_problems(real):
    samples = real.samples("test")
    assert len(samples) == real.expected == 15
    assert list(real.problems()) == []
    assert {sample.noisy().shape[2] for sample in samples} == {3}
