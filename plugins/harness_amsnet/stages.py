"""The two stages of AMSNet: learn from one mask, then smooth with all of them."""

from torch import Tensor, nn
from torch.nn import functional as F

from harness import NoisyBatch, Recipe, Stage
from harness_amsnet.masks import Masks, denoise_by_masks, predict
from harness_nets.pixel_shuffle import pixel_shuffle_down, pixel_shuffle_up

VARIATION_FLOOR = 1e-4
"""Total variation of a constant image: under the root, it keeps the slope finite."""


class SingleMask(Stage):
    r"""Train the denoiser to predict the pixels that one mask hides, Eq. 4.

    .. math:: \frac{1}{|\tilde M|} | \tilde M \odot (D(M \odot y_s) - y_s) |_1

    on the sub-images of pixel-shuffle downsampling. A step costs one pass; what the other masks
    hide comes in other steps.

    Args:
        denoiser: D.
        masks: to be drawn; the first is used.
        stride: of the downsampling.
        recipe: how it is trained.
    """

    name = "mask"

    def __init__(self, denoiser: nn.Module, masks: Masks, stride: int, recipe: Recipe) -> None:
        super().__init__()
        self.denoiser = denoiser
        self.masks = masks
        self.stride = stride
        self.recipe = recipe

    def forward(self, batch: NoisyBatch) -> Tensor:
        """The mean absolute error of the values hidden, in [0, 1]."""
        noisy = pixel_shuffle_down(batch.noisy, self.stride)
        hidden = drawn_for(noisy, self.masks) == 0
        error = (predict(self.denoiser, noisy, hidden) - noisy).abs()
        values = noisy.shape[1] * hidden.sum()
        return (hidden * error).sum() / values.clamp(min=1)


class FineTuning(Stage):
    r"""Go on with all masks and a prior of smoothness, against checkerboards, Eq. 10.

    .. math:: | \hat x - y |_1 + \lambda\, \mathrm{TV}(\hat x)

    with the image :math:`\hat x` denoised by all masks and its sub-images put together again. Both
    terms are means instead of sums, so that :math:`\lambda` means the same at every size.

    Args:
        denoiser: D, trained.
        masks: all are used; as many passes in each step.
        stride: of the downsampling.
        smoothness: lambda.
        recipe: how it is trained.
    """

    name = "fine-tune"

    def __init__(
        self, denoiser: nn.Module, masks: Masks, stride: int, smoothness: float, recipe: Recipe
    ) -> None:
        super().__init__()
        self.denoiser = denoiser
        self.masks = masks
        self.stride = stride
        self.smoothness = smoothness
        self.recipe = recipe

    def forward(self, batch: NoisyBatch) -> Tensor:
        """The mean absolute error of all values, in [0, 1], and the weighted total variation."""
        noisy = pixel_shuffle_down(batch.noisy, self.stride)
        drawn = drawn_for(noisy, self.masks)
        subimages = denoise_by_masks(self.denoiser, noisy, drawn, self.masks.number)
        denoised = pixel_shuffle_up(subimages, self.stride)
        return F.l1_loss(denoised, batch.noisy) + self.smoothness * total_variation(denoised)


def drawn_for(noisy: Tensor, masks: Masks) -> Tensor:
    """Masks for a batch of training: every image has its own, drawn on its device."""
    height, width = noisy.shape[-2:]
    return masks.draw(len(noisy), height, width, device=noisy.device)


def total_variation(images: Tensor) -> Tensor:
    r"""Isotropic total variation, Eq. 9, as the mean over all values.

    .. math:: \sqrt{(x_{i+1,j} - x_{i,j})^2 + (x_{i,j+1} - x_{i,j})^2 + \epsilon^2}

    Differences beyond the last row and column, which Eq. 9 leaves open, are zero.

    Args:
        images: N x C x H x W.

    Returns:
        A scalar.
    """
    down = F.pad(images.diff(dim=2), (0, 0, 0, 1))
    right = F.pad(images.diff(dim=3), (0, 1))
    return (down.square() + right.square() + VARIATION_FLOOR**2).sqrt().mean()
