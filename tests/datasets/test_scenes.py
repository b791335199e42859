import numpy as np
import pytest

from harness_datasets.scenes import SCENES, Scene, cuts_of


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_no_pixel_of_a_photograph_is_in_two_images(scene: Scene):
    cuts = [
        cut
        for split in ("train", "test", "tune")
        for cut in cuts_of(split)
        if cut.scene == scene.name
    ]
    seen = np.zeros((1500, 1500), int)
    for left, top, right, bottom in (cut.box for cut in cuts):
        seen[top:bottom, left:right] += 1
    assert seen.max() == 1


@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene.train], ids=lambda s: s.name)
def test_training_keeps_ten_columns_from_the_rest_of_its_photograph(scene: Scene):
    train = [cut.box for cut in cuts_of("train") if cut.scene == scene.name]
    rest = [cut.box for s in ("test", "tune") for cut in cuts_of(s) if cut.scene == scene.name]
    assert max(right for _, _, right, _ in train) + 10 <= min(left for left, *_ in rest)


def test_all_cuts_lie_inside_their_photograph(photograph_size):
    for cut in (*cuts_of("train"), *cuts_of("test"), *cuts_of("tune")):
        width, height = photograph_size(cut.file)
        assert cut.box[2] <= width
        assert cut.box[3] <= height
