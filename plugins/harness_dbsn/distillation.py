"""Knowledge distillation: a student learns from synthetic pairs and from the first stage."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness import Recipe, Stage, UnpairedBatch
from harness_dbsn.covariance import shaped
from harness_dbsn.denoiser import BlindSpotDenoiser


class DistillationStage(Stage):
    r"""Train a student on two paired sets, Eq. 4.

    .. math:: |D(\tilde y) - x|^2 + \lambda |D(y) - \hat x_y|^2

    One set has clean images x with noise of the learned model, :math:`\tilde y`, the other noisy
    images y with the first stage's outputs, :math:`\hat x_y`. Both are means over as many pixels;
    the released code has seven of the first for one of the second in a batch.

    Args:
        denoiser: of the first stage; it stays as it is.
        first_stage: maps noisy images and indices of training images to denoised images.
        student: D.
        recipe: how it is trained.
        weight: :math:`\lambda`, 0.1 in the paper.
        jitter: standard deviations are multiplied by a number drawn from 1 - jitter to 1 + jitter.
    """

    name = "distillation"
    view = "unpaired"

    def __init__(
        self,
        denoiser: BlindSpotDenoiser,
        first_stage: Callable[[Tensor, Tensor], Tensor],
        student: nn.Module,
        recipe: Recipe,
        weight: float = 0.1,
        jitter: float = 0.0,
    ) -> None:
        super().__init__()
        self.denoiser = denoiser
        self.first_stage = first_stage
        self.student = student
        self.recipe = recipe
        self.weight = weight
        self.jitter = jitter

    def trained(self) -> Iterable[nn.Module]:
        """The student alone."""
        return [self.student]

    def forward(self, batch: UnpairedBatch) -> Tensor:
        """The squared errors of the student on both sets."""
        with torch.no_grad():
            target = self.first_stage(batch.noisy, batch.image)
            synthetic = self.synthesise(batch.clean, batch.image)
        images = torch.cat([synthetic, batch.noisy])
        on_clean, on_noisy = self.student(images).to(images.dtype).chunk(2)
        return F.mse_loss(on_clean, batch.clean) + self.weight * F.mse_loss(on_noisy, target)

    def synthesise(self, clean: Tensor, image: Tensor) -> Tensor:
        r"""Add noise of the learned model, evaluated at the clean pixels, Eq. 3.

        .. math:: \tilde y = x + \Sigma_n(x)^{1/2} n_0, \quad n_0 \sim \mathcal N(0, I)

        Eq. 2 calls the model's output a variance and Eq. 3 multiplies by it; it is the variance
        here. It is not clipped.

        Args:
            clean: x, N x C x H x W in [0, 1].
            image: N indices of the noisy images whose noise it gets.

        Returns:
            The same shape.
        """
        scale = 1 + self.jitter * (2 * torch.rand((), device=clean.device) - 1)
        subimages = self.denoiser.down(clean)
        covariance = self.denoiser.noise_of(clean, image)
        noise = shaped(covariance, torch.randn_like(subimages))
        return clean + scale * self.denoiser.up(noise)
