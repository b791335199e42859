"""Random crops of training images, augmented, and the same for every run of a seed."""

from collections.abc import Sequence

import torch

from harness.data.dataset import Image
from harness.data.views import TrainingImages
from harness.errors import DataError
from harness.methods.recipe import Recipe
from harness.methods.stage import Batch, NoisyBatch, PairedBatch, UnpairedBatch
from harness.training.crops import Crops, Placement, Places
from harness.util.seeding import derive_seed
from harness.util.transfers import to_device


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
        placement: of the images of the fit, which its stages share; None: of its own.

    Raises:
        DataError: the images have different numbers of channels, or the noisy or clean ones
            different types.
    """

    def __init__(
        self,
        images: TrainingImages,
        recipe: Recipe,
        seed: int,
        device: torch.device,
        placement: Placement | None = None,
    ) -> None:
        self.view = images.view
        self.recipe = recipe
        self.seed = seed
        self.device = device
        _check_channels((*images.noisy, *images.clean))
        _check_types(images.noisy)
        _check_types(images.clean)
        placement = placement or Placement(device)
        self._noisy = placement.crops(images.noisy, "noisy", recipe.crop)
        self._clean = self._noisy
        if images.clean:
            self._clean = placement.crops(images.clean, f"clean of {images.view}", recipe.crop)

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
        whole = self.recipe.batch_size
        own = slice(part * whole // parts, (part + 1) * whole // parts)
        noisy = self._draw(self._noisy, generator)[own]
        image = to_device(noisy.image, self.device)
        crops = self._noisy.cut(noisy, self.recipe)
        if self.view == "noisy":
            return NoisyBatch(crops, image)
        if self.view == "pairs":
            return PairedBatch(crops, self._clean.cut(noisy, self.recipe), image)
        clean = self._draw(self._clean, generator)[own]
        return UnpairedBatch(crops, self._clean.cut(clean, self.recipe), image)

    def _draw(self, images: Crops, generator: torch.Generator) -> Places:
        """Draw the places of a whole batch: images by their area, so every pixel counts alike."""
        count = self.recipe.batch_size
        return Places(
            image=torch.multinomial(images.areas, count, replacement=True, generator=generator),
            place=torch.rand(count, 2, generator=generator, dtype=torch.float64),
            flips=torch.randint(2, (count, 2), generator=generator).bool(),
            turns=torch.randint(4, (count,), generator=generator),
        )


def _check_channels(images: Sequence[Image]) -> None:
    counts = {image.shape[2] for image in images}
    if len(counts) > 1:
        raise DataError("grey and colour images cannot be trained on together; keep one kind")


def _check_types(images: Sequence[Image]) -> None:
    if len({image.dtype for image in images}) > 1:
        raise DataError("images of 8 and 16 bit cannot be trained on together; keep one kind")
