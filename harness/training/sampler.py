"""Random crops of training images, augmented, and the same for every run of a seed."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from harness.data.dataset import Image
from harness.data.images import white
from harness.data.views import TrainingImages
from harness.errors import DataError
from harness.methods.recipe import Recipe
from harness.methods.stage import Batch, NoisyBatch, PairedBatch, UnpairedBatch
from harness.util.seeding import derive_seed

SHARE_OF_DEVICE = 0.4
"""Images live on a GPU if they take up at most this share of its free memory."""


class Sampler:
    """Makes the batches of a stage.

    A batch depends on nothing but the seed and its iteration, so training can go on from any
    iteration, and several processes can share a batch. Images are held once, as they were read,
    and on the device where they fit; cropping and augmentation happen where they lie.

    Args:
        images: what the stage may see.
        recipe: batch size, crop and augmentations.
        seed: of the stage.
        device: of the batches.

    Raises:
        DataError: the images have different numbers of channels, or the noisy or clean ones
            different types.
    """

    def __init__(
        self, images: TrainingImages, recipe: Recipe, seed: int, device: torch.device
    ) -> None:
        self.view = images.view
        self.recipe = recipe
        self.seed = seed
        self.device = device
        everything = (*images.noisy, *images.clean)
        _check_channels(everything)
        _check_types(images.noisy)
        _check_types(images.clean)
        home = _home(everything, device)
        self._noisy = [_as_tensor(image, recipe.crop).to(home) for image in images.noisy]
        self._clean = [_as_tensor(image, recipe.crop).to(home) for image in images.clean]

    def batch(self, iteration: int, part: int = 0, parts: int = 1) -> Batch:
        """Make a batch, or one of several equal parts of it.

        Args:
            iteration: counts the batches of the stage.
            part: which part, of a process or of an accumulated step.
            parts: how many; divides the batch size.

        Returns:
            Crops in [0, 1] on the device, as the view says.
        """
        generator = torch.Generator().manual_seed(derive_seed(self.seed, "batch", iteration))
        noisy = self._draw(self._noisy, generator)
        own = slice(
            part * self.recipe.batch_size // parts, (part + 1) * self.recipe.batch_size // parts
        )
        image = noisy.image[own].to(self.device)
        crops = self._crops(self._noisy, noisy, own)
        if self.view == "noisy":
            return NoisyBatch(crops, image)
        if self.view == "pairs":
            return PairedBatch(crops, self._crops(self._clean, noisy, own), image)
        clean = self._draw(self._clean, generator)
        return UnpairedBatch(crops, self._crops(self._clean, clean, own), image)

    def _draw(self, images: Sequence[Tensor], generator: torch.Generator) -> "_Places":
        """Draw the places of a whole batch: images by their area, so every pixel counts alike."""
        count = self.recipe.batch_size
        areas = torch.tensor([image.shape[1] * image.shape[2] for image in images]).double()
        return _Places(
            image=torch.multinomial(areas, count, replacement=True, generator=generator),
            place=torch.rand(count, 2, generator=generator, dtype=torch.float64),
            flips=torch.randint(2, (count, 2), generator=generator).bool(),
            turns=torch.randint(4, (count,), generator=generator),
        )

    def _crops(self, images: Sequence[Tensor], places: "_Places", own: slice) -> Tensor:
        crops = [
            self._crop(images[int(places.image[index])], places, index)
            for index in range(self.recipe.batch_size)[own]
        ]
        pixels = torch.stack(crops).to(self.device, non_blocking=True).float()
        return pixels / white(images[0].dtype)

    def _crop(self, image: Tensor, places: "_Places", index: int) -> Tensor:
        side, align = self.recipe.crop, self.recipe.align
        top = align * int(places.place[index, 0] * ((image.shape[1] - side) // align + 1))
        left = align * int(places.place[index, 1] * ((image.shape[2] - side) // align + 1))
        crop = image[:, top : top + side, left : left + side]
        if crop.dtype == torch.uint16:
            crop = crop.to(torch.int32)  # few operations know uint16
        if self.recipe.flip:
            axes = [axis + 1 for axis in range(2) if places.flips[index, axis]]
            crop = crop.flip(axes) if axes else crop
        if self.recipe.rotate:
            crop = crop.rot90(int(places.turns[index]), (1, 2))
        return crop


@dataclass(frozen=True)
class _Places:
    """Where the crops of a whole batch of N lie, and how they are turned.

    Attributes:
        image: N indices of images.
        place: N x 2, row and column as fractions of the room there is.
        flips: N x 2, up-down and left-right.
        turns: N quarter turns.
    """

    image: Tensor
    place: Tensor
    flips: Tensor
    turns: Tensor


def _check_channels(images: Sequence[Image]) -> None:
    counts = {image.shape[2] for image in images}
    if len(counts) > 1:
        raise DataError("grey and colour images cannot be trained on together; keep one kind")


def _check_types(images: Sequence[Image]) -> None:
    if len({image.dtype for image in images}) > 1:
        raise DataError("images of 8 and 16 bit cannot be trained on together; keep one kind")


def _home(images: Sequence[Image], device: torch.device) -> torch.device:
    """Where the images live: on the device if they fit, else in memory."""
    if device.type != "cuda":
        return torch.device("cpu")
    free, _ = torch.cuda.mem_get_info(device)
    size = sum(image.nbytes for image in images)
    return device if size <= free * SHARE_OF_DEVICE else torch.device("cpu")


def _as_tensor(image: Image, crop: int) -> Tensor:
    """See H x W x C as C x H x W; an image smaller than a crop is reflected up to it."""
    missing = [max(0, crop - side) for side in image.shape[:2]]
    if any(missing):
        mode = "reflect" if min(image.shape[:2]) > 1 else "edge"
        image = np.pad(image, [(0, missing[0]), (0, missing[1]), (0, 0)], mode=mode)  # type: ignore[call-overload]
    with warnings.catch_warnings():  # it warns of images of a store, which nobody can write to
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(image.transpose(2, 0, 1))
