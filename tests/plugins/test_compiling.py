"""Every stage compiles into one graph, with the networks that its method has by default."""

import pytest
import torch
from narrow_fits import narrow_method, narrow_stages
from toys import Scenes

from harness.data.views import training_images
from harness.training.sampler import Sampler

STAGES = [pytest.param(name, index, id=f"{name}-{stage}") for name, index, stage in narrow_stages()]


@pytest.mark.parametrize(("name", "index"), STAGES)
def test_a_stage_compiles_without_a_break(name, index):
    stage = narrow_method(name).train().stages()[index]
    samples = Scenes(count=4).samples("train")
    images = training_images(samples, stage.view, samples)
    batch = Sampler(images, stage.recipe, 0, torch.device("cpu")).batch(0)
    torch._dynamo.reset()
    compiled = torch.compile(stage, backend="eager", fullgraph=True)
    with torch.no_grad():
        assert compiled(batch).isfinite()
