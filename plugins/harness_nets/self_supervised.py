"""The stage of a blind network, which noisy images alone train."""

from torch import Tensor, nn
from torch.nn import functional as F

from harness import NoisyBatch, Recipe, Stage
from harness_nets.layers import UNITS


class SelfSupervisedStage(Stage):
    r"""Train a network to predict every pixel of a noisy image, to which it is blind.

    .. math:: 255 \, \overline{| f(y) - y |}

    where f sees nothing of a pixel's own noise, nor of noise that correlates with it; otherwise
    the network learns to output the noise.

    Args:
        network: maps N x C x H x W in [0, 1] to the same shape.
        recipe: how it is trained.
    """

    name = "self-supervised"

    def __init__(self, network: nn.Module, recipe: Recipe) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe

    def forward(self, batch: NoisyBatch) -> Tensor:
        """The mean absolute error against the noisy images themselves, in 8-bit intensities."""
        return UNITS * F.l1_loss(self.network(batch.noisy).float(), batch.noisy)
