"""What is shown of a fit while it goes on leaves no trace in it."""

import pytest
import torch
from accelerate import Accelerator
from toys import Scenes, Toy, ToyStage

from harness.results.names import PREVIEWS
from harness.training.budget import parse_budget
from harness.training.trainer import Trainer, TrainingOptions

pytestmark = pytest.mark.usefixtures("fresh_accelerate")


class DrawingStage(ToyStage):
    """Its loss depends on the generator, and on a buffer that denoising changes."""

    def forward(self, batch):
        return super().forward(batch) * torch.rand(()) * self.net.mask[0, 0, 0, 0]


class Drawing(Toy):
    fails = False

    def stages(self):
        return [DrawingStage("drawing", self.net, self.recipe)]

    def denoise(self, noisy):
        if self.fails:
            raise RuntimeError("not trained yet")
        self.net.mask[0, 0, 0, 0] += 1
        return noisy + torch.rand_like(noisy)


def trained(folder, method=Drawing, **options):
    torch.manual_seed(0)
    toy = method()
    Trainer(
        toy,
        Scenes().samples("train"),
        Accelerator(cpu=True),
        TrainingOptions(budget=parse_budget("8it"), seed=7, **options),
        folder,
    ).fit()
    return toy.state_dict()


def test_weights_are_the_same_whatever_denoising_draws_and_changes(tmp_path):
    plain, shown = trained(tmp_path / "plain"), trained(tmp_path / "shown", previews=4)
    assert all(torch.equal(plain[name], shown[name]) for name in plain)
    names = sorted(path.stem for path in (tmp_path / "shown" / PREVIEWS).iterdir())
    assert names == ["0-2", "0-4", "0-6", "0-8"]
    assert not (tmp_path / "plain" / PREVIEWS).exists()


def test_a_method_that_cannot_denoise_yet_is_trained_nevertheless(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(Drawing, "fails", True)
    trained(tmp_path, previews=2)
    assert not (tmp_path / PREVIEWS).exists()
    assert "no preview at 0-4: RuntimeError: not trained yet" in caplog.text
