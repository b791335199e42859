"""Noise2Void: any denoiser, trained on noisy images in which some pixels are replaced."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness import (
    Channels,
    Iterations,
    Maximum,
    Minimum,
    NoisyBatch,
    NonNegativeFloat,
    ParameterError,
    Positive,
    Recipe,
    Stage,
)
from harness_baselines.method import DenoiserMethod
from harness_nets.parameters import Denoiser
from harness_nets.pixel_shuffle import pixel_shuffle_down


class Masked(NamedTuple):
    """A batch with pixels replaced.

    Attributes:
        images: N x C x H x W; no value of a hidden pixel is left anywhere in them.
        hidden: N x 1 x H x W, True where a pixel was replaced, in all its channels.
    """

    images: Tensor
    hidden: Tensor


class BlindSpotMasking(Stage):
    r"""Train a denoiser to predict pixels that it is not shown.

    .. math:: L = \frac{1}{|M|} \sum_{p \in M} \| f(\tilde y)_p - y_p \|_2^2

    with M the hidden pixels and :math:`\tilde y` the image in which they are replaced; a mean over
    channels, too.

    Args:
        denoiser: f.
        stride: of the sub-images of pixel-shuffle downsampling on which it is trained.
        box: one pixel is hidden in every box of this side.
        radius: of the window from which replacements come.
        recipe: how it is trained.
    """

    name = "masking"

    def __init__(
        self, denoiser: nn.Module, stride: int, box: int, radius: int, recipe: Recipe
    ) -> None:
        super().__init__()
        self.denoiser = denoiser
        self.stride = stride
        self.box = box
        self.radius = radius
        self.recipe = recipe

    def forward(self, batch: NoisyBatch) -> Tensor:
        """The mean squared error at the hidden pixels."""
        noisy = pixel_shuffle_down(batch.noisy, self.stride)
        masked, hidden = hide_pixels(noisy, self.box, self.radius)
        error: Tensor = self.denoiser(masked).float() - noisy
        squared = error.square().mean(1, keepdim=True)
        return (squared * hidden).sum() / hidden.sum().clamp(min=1)


class Noise2Void(DenoiserMethod):
    """Noise2Void (Krull, Buchholz, Jug, CVPR 2019): the floor of self-supervision.

    Assumes noise of zero mean that is independent between pixels, which that of photographs is
    not; with ``stride``, only that it is independent between pixels so far apart. At test time the
    denoiser sees all pixels.

    Args:
        channels: number of channels of the images.
        denoiser: any network from image to image.
        stride: stride of pixel-shuffle downsampling, in training and at test time; as far as noise
            is correlated; 1, none, as in the paper.
        masked_share: share of the pixels that are hidden in a step, above 0 and at most 1/4; one in
            every square box that has about so many.
        radius: radius in pixels of the window from which replacements come.
        iterations: steps of training.
        batch_size: crops in a step.
        crop: side of the crops in pixels; a multiple of the stride times what the network asks for.
        learning_rate: initial learning rate; it falls to zero along a cosine.

    Raises:
        ParameterError: ``masked_share`` is no such share, or ``crop`` does not fit.
        UsageError: the network does not exist, or has another role.
    """

    def __init__(
        self,
        channels: Channels = 3,
        denoiser: Denoiser = "unet",
        stride: Positive = 1,
        masked_share: Annotated[float, Minimum(0), Maximum(0.25)] = 0.00198,
        radius: Positive = 2,
        iterations: Iterations = 80_000,
        batch_size: Positive = 128,
        crop: Positive = 64,
        learning_rate: NonNegativeFloat = 4e-4,
    ) -> None:
        if not 0 < masked_share <= 0.25:
            raise ParameterError(
                f"n2v: masked_share is a share above 0 and at most 0.25, not {masked_share}"
            )
        super().__init__(
            "n2v",
            channels=channels,
            denoiser=denoiser,
            stride=stride,
            iterations=iterations,
            batch_size=batch_size,
            crop=crop,
            learning_rate=learning_rate,
        )
        self.box = round(masked_share**-0.5)
        self.radius = radius

    def stages(self) -> Sequence[Stage]:
        """One stage, which sees noisy images alone."""
        return [BlindSpotMasking(self.denoiser, self.stride, self.box, self.radius, self.recipe)]


def hide_pixels(images: Tensor, box: int, radius: int) -> Masked:
    """Replace a pixel in every box by a pixel from around it.

    Boxes spread the hidden pixels evenly (stratified sampling). Where the replacement is itself a
    pixel to be hidden, the pixel stays, so that no hidden value is seen anywhere. Draws come from
    the default generator of the images' device.

    Args:
        images: N x C x H x W; H and W at least 2.
        box: side of the boxes in pixels, at least 2.
        radius: of the window, at least 1.
    """
    chosen = _one_in_every_box(images, box)
    sources = _random_neighbours(images, radius)
    hidden = chosen & ~_gathered(chosen, sources)
    return Masked(torch.where(hidden, _gathered(images, sources), images), hidden)


def _one_in_every_box(images: Tensor, box: int) -> Tensor:
    """Choose pixels: True at one of every box, N x 1 x H x W; those beyond the image are lost."""
    batch, _, height, width = images.shape
    boxes = (batch, -(-height // box), -(-width // box))
    places = torch.randint(box**2, boxes, device=images.device)
    chosen = F.one_hot(places, box**2).permute(0, 3, 1, 2)
    return F.pixel_shuffle(chosen, box)[..., :height, :width].bool()


def _random_neighbours(images: Tensor, radius: int) -> Tensor:
    """Draw a neighbour for every pixel.

    It is any of those in the window around the pixel and in the image, equally likely, and never
    the pixel itself.

    Returns:
        Their places, row times W plus column, N x H x W.
    """
    batch, _, height, width = images.shape
    tops, rows = _window(height, radius, images.device)
    lefts, columns = _window(width, radius, images.device)
    tops, rows = tops[:, None], rows[:, None]
    own = (torch.arange(height, device=images.device)[:, None] - tops) * columns
    own = own + torch.arange(width, device=images.device) - lefts
    drawn = torch.randint(2**62, (batch, height, width), device=images.device)
    drawn = drawn % (rows * columns - 1)
    drawn = drawn + (drawn >= own)
    return (tops + drawn // columns) * width + lefts + drawn % columns


def _window(length: int, radius: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Where the window of every place on an axis begins, and how long it is within the image."""
    places = torch.arange(length, device=device)
    first = (places - radius).clamp(min=0)
    last = (places + radius).clamp(max=length - 1)
    return first, last - first + 1


def _gathered(images: Tensor, places: Tensor) -> Tensor:
    """The pixels of N x C x H x W at N x H x W places."""
    index = places.flatten(1).unsqueeze(1).expand(-1, images.shape[1], -1)
    return images.flatten(2).gather(2, index).view_as(images)
