"""What methods and networks have in common: images go in, and denoised ones come out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from typing import ClassVar

import torch
from torch import Tensor

from harness.evaluation.inference import denoise
from harness.methods.method import Method
from harness.methods.networks import receptive_radius_of
from harness.testing.contracts.base import Contract, failing_with, skip
from harness.testing.contracts.images import image_pair
from harness.util.seeding import seed_all
from harness.util.text import counted

SIZES = ((32, 32), (33, 47))
"""Heights and widths in pixels of the images that every method must denoise."""

LARGE = (150, 131)
"""Height and width of one that is larger than what methods are trained on."""

TOLERANCE = 1e-4
"""By how much pixels may differ that are computed in another order; white is 1."""

CORE = 16
"""Side of what a tile contributes, in pixels, at least."""


class DenoiserContract(Contract, ABC):
    """What a method, or a network on its own, makes of images.

    Attributes:
        channels: numbers of channels of the images that it must denoise; ``(3,)`` for a method
            that cannot denoise grey images.
        smallest: height and width in pixels of the smallest image that it must denoise.
    """

    channels: ClassVar[tuple[int, ...]] = (1, 3)
    smallest: ClassVar[tuple[int, int]] = (1, 1)

    @abstractmethod
    def denoiser(self, channels: int) -> Method:
        """One that has denoised nothing yet, for images of so many channels."""

    def test_images_of_any_size_keep_their_shape(self) -> None:
        """Odd, tiny, grey and colour images come back in their shape, their pixels finite."""
        for channels in self.channels:
            for height, width in (*SIZES, self.smallest):
                denoised(self.denoiser(channels), *image_pair(height, width, channels))

    def test_a_large_image_keeps_its_shape(self) -> None:
        """Nothing of it depends on the size of what it was trained on."""
        denoised(self.denoiser(self._most), *image_pair(*LARGE, self._most))

    def test_1_is_white(self) -> None:
        """Pixels come back about where they were: in [0, 1], and not in [0, 255]."""
        noisy, clean = image_pair(*SIZES[0], self._most)
        mean = float(denoised(self.denoiser(self._most), noisy, clean).mean())
        assert -1 < mean < 2, (
            f"denoised pixels are {mean:.3g} in the mean, and those of the image "
            f"{float(noisy.mean()):.3g}: denoise returns pixels of which 1 is white"
        )

    def test_the_same_seed_gives_the_same_image(self) -> None:
        """Whatever is drawn is drawn from generators that the harness seeds."""
        method, pair = self.denoiser(self._most), image_pair(*SIZES[1], self._most)
        first, second = denoised(method, *pair), denoised(method, *pair)
        assert torch.equal(first, second), (
            f"denoised twice with the same seed, an image differs by {difference(first, second)}: "
            "draw from the generators of Python, NumPy or torch, which are seeded before every "
            "image, and from no other"
        )

    def test_nothing_is_kept_from_image_to_image(self) -> None:
        """An image is denoised alike, whatever was denoised before it."""
        method = self.denoiser(self._most)
        noisy, clean = image_pair(*SIZES[0], self._most)
        alone = denoised(method, noisy, clean)
        before = _state_of(method)
        denoised_by(method, *image_pair(*SIZES[0], self._most, first=1))
        changed = _changed(before, _state_of(method))
        after = denoised(method, noisy, clean)
        assert torch.equal(alone, after), (
            f"an image is denoised otherwise after another one, by {difference(alone, after)}: "
            f"{'denoise changes ' + changed if changed else 'denoise keeps something'}; "
            "compute it anew for every image"
        )

    def test_it_can_be_copied(self) -> None:
        """Every image is denoised by a copy."""
        with failing_with("it cannot be copied by copy.deepcopy, as is done for every image"):
            deepcopy(self.denoiser(self._most))

    def test_the_image_that_it_is_given_stays(self) -> None:
        """Scores of the noisy image, and pictures of it, are of the image as it was."""
        noisy, clean = image_pair(*SIZES[0], self._most)
        given = noisy.clone()
        denoised(self.denoiser(self._most), given, clean)
        assert torch.equal(given, noisy), (
            "denoise changes the image that it is given: leave out operations in place, such as "
            "x += y, or work on noisy.clone()"
        )

    def test_images_of_a_batch_are_denoised_as_alone(self) -> None:
        """What an image becomes does not depend on its neighbours in a batch."""
        method = self.denoiser(self._most)
        noisy, clean = image_pair(*SIZES[0], self._most, count=3)
        self._skip_if_random(method)
        together = denoised(method, noisy, clean)
        for index in range(len(noisy)):
            own = slice(index, index + 1)
            alone = denoised(method, noisy[own], clean[own])
            assert torch.allclose(together[own], alone, atol=TOLERANCE, rtol=0), (
                f"image {index} of a batch differs by {difference(together[own], alone)} from the "
                "same image alone: compute nothing over the batch, such as a mean, in denoise"
            )

    def test_tiles_give_what_the_whole_image_gives(self) -> None:
        """The receptive field is no larger than ``receptive_radius`` says."""
        method = self.denoiser(self._most)
        radius = receptive_radius_of(method)
        if radius is None:
            skip("it states no receptive_radius, so large images are never cut into tiles")
        self._skip_if_random(method)
        multiple = method.size_multiple
        core = _round_up(CORE, multiple)
        tile = 2 * _round_up(radius, multiple) + core
        noisy, clean = image_pair(tile + core, tile + 2 * core, self._most)
        whole, tiled = denoised(method, noisy, clean), denoised(method, noisy, clean, tile=tile)
        assert torch.allclose(whole, tiled, atol=TOLERANCE, rtol=0), (
            f"denoised in tiles, an image differs by {difference(whole, tiled)}: an output pixel "
            f"depends on more than the {radius} pixels to each side of receptive_radius; state "
            "the true number, or None where that is the whole image"
        )

    @property
    def _most(self) -> int:
        """The number of channels of the images of most tests."""
        return max(self.channels)

    def _skip_if_random(self, method: Method) -> None:
        pair = image_pair(*SIZES[0], self._most)
        if not torch.equal(denoised(method, *pair, seed=0), denoised(method, *pair, seed=1)):
            skip("it draws random numbers where it denoises, others for every batch and tile")


def denoised(
    method: Method, noisy: Tensor, clean: Tensor, *, tile: int | None = None, seed: int = 0
) -> Tensor:
    """A batch denoised by a copy of a method, as the harness does it."""
    return denoised_by(deepcopy(method), noisy, clean, tile=tile, seed=seed)


def denoised_by(
    method: Method, noisy: Tensor, clean: Tensor, *, tile: int | None = None, seed: int = 0
) -> Tensor:
    """A batch denoised by a method itself.

    Raises:
        AssertionError: the method fails, or breaks its contract; says on what image.
    """
    channels, height, width = noisy.shape[1:]
    seed_all(seed)
    with failing_with(f"an image of {height}x{width} pixels and {counted(channels, 'channel')}"):
        return denoise(method, noisy, clean=clean, tile=tile).detach()


def _state_of(method: Method) -> Mapping[str, Tensor]:
    return {name: value.clone() for name, value in method.state_dict().items()}


def _changed(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> str:
    """The names of the weights and buffers that differ."""
    return ", ".join(
        name for name, value in after.items()
        if name not in before or not torch.equal(value, before[name])
    )  # fmt: skip


def difference(first: Tensor, second: Tensor) -> str:
    """How far two images are apart at the worst pixel, in words."""
    return f"up to {float((first - second).abs().max()):.3g}"


def _round_up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple
