"""What a stage compares with the noisy image is told by its loss, whatever it is."""

import pytest
import torch
from torch.nn import functional as F

from harness.methods.recipe import Recipe
from harness.methods.stage import Stage
from harness.runs.api import load_plugins
from harness.testing.predictions import field_of_stage


@pytest.fixture
def stage_of(toys):
    registry = load_plugins(str(toys.with_name("leaky.py")))

    def make(selector):
        torch.manual_seed(0)
        method = registry.build(registry.choose("method", selector)).double()
        return method.stages()[0]

    return make


@pytest.mark.parametrize("loss", ["l1", "l2"])
def test_any_loss_will_do(loss, stage_of):
    field = field_of_stage(stage_of(f"learner[loss={loss}]"))
    assert (str(field.patch), field.reach, field.leak) == ("1x1", 2, 0)


def test_sub_images_are_seen_at_their_stride(stage_of):
    field = field_of_stage(stage_of("learner[stride=3]"))
    assert (str(field.patch), field.step, field.reach) == ("5x5", 3, 6)


def test_pixels_that_are_hidden_from_any_network_are_not_seen(stage_of):
    assert str(field_of_stage(stage_of("hider")).patch) == "1x1"
    assert field_of_stage(stage_of("hider[hides=false]")).patch is None


def test_a_stage_that_compares_nothing_with_the_noisy_image_is_not_measured(stage_of):
    assert field_of_stage(stage_of("follower")) is None


def test_a_statistic_of_the_batch_is_seen(stage_of):
    leaking = stage_of("learner[network=window[leak=batch,size=1]]")
    assert field_of_stage(leaking).others > 1e-9


def test_a_network_whose_parts_are_called_one_by_one_is_measured_too():
    class Parts(Stage):
        name = "parts"
        recipe = Recipe(iterations=1, batch_size=1, crop=32, learning_rate=1e-3)

        def __init__(self):
            super().__init__()
            self.first = torch.nn.Conv2d(3, 4, 3, padding=1)
            self.last = torch.nn.Conv2d(4, 3, 1)

        def forward(self, batch):
            return F.mse_loss(self.last(self.first(batch.noisy)), batch.noisy)

    field = field_of_stage(Parts().double())
    assert (field.patch, field.reach) == (None, 1)


def test_the_stage_is_left_without_hooks(stage_of):
    stage = stage_of("learner")
    field_of_stage(stage)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in stage.modules())
