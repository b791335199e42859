"""Crops of images: cut one by one in memory, or gathered all at once on a GPU."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from harness.data.dataset import Image
from harness.data.images import white
from harness.methods.recipe import Recipe
from harness.util.transfers import to_device

SHARE_OF_DEVICE = 0.4
"""Images live on a GPU if they take up at most this share of its free memory."""


@dataclass(frozen=True)
class Places:
    """Where N crops lie, and how they are turned.

    Attributes:
        image: N indices of images.
        place: N x 2, row and column as fractions of the room there is.
        flips: N x 2, up-down and left-right.
        turns: N quarter turns, after the flips.
    """

    image: Tensor
    place: Tensor
    flips: Tensor
    turns: Tensor

    def __getitem__(self, own: slice) -> "Places":
        """Some of them."""
        return Places(self.image[own], self.place[own], self.flips[own], self.turns[own])


class Crops(ABC):
    """Crops of images of one type and number of channels.

    Args:
        images: each H x W x C, not smaller than a crop.
    """

    def __init__(self, images: Sequence[Image]) -> None:
        self.sizes = torch.tensor([image.shape[:2] for image in images])
        """Height and width of every image, K x 2."""
        self.areas = self.sizes.prod(1).double()
        """Pixels of every image, K; by them images are drawn."""

    @abstractmethod
    def cut(self, places: Places, recipe: Recipe) -> Tensor:
        """Cut crops.

        Args:
            places: where N of them lie.
            recipe: their side and alignment, and whether they are flipped and turned.

        Returns:
            N x C x crop x crop in [0, 1], on the device.
        """

    def corners(self, places: Places, recipe: Recipe) -> Tensor:
        """The first row and column of N crops, N x 2."""
        room = (self.sizes[places.image] - recipe.crop) // recipe.align + 1
        return recipe.align * (places.place * room).long()


class CutCrops(Crops):
    """Cuts crops one by one, where the images lie: the fastest way on a CPU.

    Args:
        images: each H x W x C, not smaller than a crop.
        device: where the crops are wanted.
    """

    def __init__(self, images: Sequence[Image], device: torch.device) -> None:
        super().__init__(images)
        self._images = [_as_tensor(image).permute(2, 0, 1) for image in images]
        self._white = white(self._images[0].dtype)
        self._device = device

    def cut(self, places: Places, recipe: Recipe) -> Tensor:
        """Cut crops, see :meth:`Crops.cut`."""
        columns = (
            places.image[:, None],
            self.corners(places, recipe),
            places.flips.long(),
            places.turns[:, None],
        )
        crops = [self._crop(recipe, *row) for row in torch.cat(columns, dim=1).tolist()]
        return to_device(torch.stack(crops), self._device).float() / self._white

    def _crop(
        self, recipe: Recipe, image: int, top: int, left: int, down: int, across: int, turns: int
    ) -> Tensor:
        crop = self._images[image][:, top : top + recipe.crop, left : left + recipe.crop]
        if crop.dtype == torch.uint16:
            crop = crop.to(torch.int32)  # few operations know uint16
        if recipe.flip:
            axes = [axis for axis, flipped in ((1, down), (2, across)) if flipped]
            crop = crop.flip(axes) if axes else crop
        return crop.rot90(turns, (1, 2)) if recipe.rotate else crop


class GatheredCrops(Crops):
    r"""Gathers all crops of a batch in a few operations, from images that lie on the device.

    The pixels of all images follow one another. Flipped and turned or not, row r and column c of a
    crop are the pixel :math:`t + a r + b c`, with three whole numbers for every crop.

    Args:
        images: each H x W x C, not smaller than a crop.
        device: where they are put.
    """

    def __init__(self, images: Sequence[Image], device: torch.device) -> None:
        super().__init__(images)
        ends = self.sizes.prod(1).cumsum(0)
        self._starts = ends - self.sizes.prod(1)
        first = _signed(images[0])
        size = (int(ends[-1]), first.shape[2])
        self._pixels = torch.empty(size, dtype=first.dtype, device=device)
        for image, start, end in zip(images, self._starts.tolist(), ends.tolist(), strict=True):
            self._pixels[start:end].copy_(_signed(image).flatten(0, 1))
        # a tensor: by a number, a GPU multiplies with its rounded inverse instead of dividing
        self._white = torch.tensor(white(images[0].dtype), dtype=torch.float32).to(device)

    def cut(self, places: Places, recipe: Recipe) -> Tensor:
        """Gather crops, see :meth:`Crops.cut`."""
        device = self._pixels.device
        start, row, column = to_device(self._steps(places, recipe), device)[..., None, None]
        along = torch.arange(recipe.crop, device=device)
        index = start + row * along[:, None] + column * along
        pixels = self._pixels[index]
        if pixels.dtype == torch.int16:
            pixels = pixels.int() & 0xFFFF
        return pixels.float().permute(0, 3, 1, 2) / self._white

    def _steps(self, places: Places, recipe: Recipe) -> Tensor:
        """Where crops begin among the pixels, and the steps along their rows and columns, 3 x N."""
        down, across = 1 - 2 * (places.flips.long() * recipe.flip).T
        turns = places.turns * recipe.rotate
        cosine, sine = (1 - turns) * (turns % 2 == 0), (2 - turns) * (turns % 2)
        # from row and column of the crop to those of the square that is cut, about its middle
        of_row = torch.stack([down * cosine, -across * sine])
        of_column = torch.stack([down * sine, across * cosine])
        first = (recipe.crop - 1) * (1 - of_row - of_column) // 2
        corner = self.corners(places, recipe).T + first
        width = self.sizes[places.image, 1]
        start = self._starts[places.image] + corner[0] * width + corner[1]
        return torch.stack([start, *(step[0] * width + step[1] for step in (of_row, of_column))])


@dataclass
class Placement:
    """Puts the images of a fit where they are cut, once for all its stages.

    Args:
        device: of the fit.
    """

    device: torch.device
    _placed: dict[tuple[str, int], Crops] = field(default_factory=dict, init=False, repr=False)

    def crops(self, images: Sequence[Image], half: str, side: int) -> Crops:
        """The crops of images, which are put on the device if they fit.

        Args:
            images: each H x W x C; smaller ones than a crop are extended by reflection.
            half: tells these images from others of the fit.
            side: of the crops, in pixels.
        """
        fit = all(min(image.shape[:2]) >= side for image in images)
        key = (half, 0 if fit else side)
        if key not in self._placed:
            large = [_extended(image, side) for image in images]
            gathered = self._have_room(sum(image.nbytes for image in large))
            kind = GatheredCrops if gathered else CutCrops
            self._placed[key] = kind(large, self.device)
        return self._placed[key]

    def _have_room(self, size: int) -> bool:
        """Whether images of so many bytes can live on the device; in memory they do anyway."""
        if self.device.type != "cuda":
            return False
        free, _ = torch.cuda.mem_get_info(self.device)
        kept = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
        return size <= (free + kept) * SHARE_OF_DEVICE


def _as_tensor(image: Image) -> Tensor:
    """See an image as a tensor, H x W x C."""
    with warnings.catch_warnings():  # it warns of images of a store, which nobody can write to
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(image)


def _signed(image: Image) -> Tensor:
    """The same with 16 bit of whatever sign, for few operations know uint16."""
    pixels = _as_tensor(image)
    return pixels.view(torch.int16) if pixels.dtype == torch.uint16 else pixels


def _extended(image: Image, side: int) -> Image:
    """Extend an image that is smaller than a crop by reflection, H x W x C."""
    missing = [max(0, side - length) for length in image.shape[:2]]
    if not any(missing):
        return image
    mode = "reflect" if min(image.shape[:2]) > 1 else "edge"
    return np.pad(image, [(0, missing[0]), (0, missing[1]), (0, 0)], mode=mode)  # type: ignore[call-overload,no-any-return]
