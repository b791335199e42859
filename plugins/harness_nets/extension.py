"""Functions of images that need larger ones."""

from collections.abc import Callable

from torch import Tensor

from harness import crop_or_pad


def extended(
    function: Callable[[Tensor], Tensor], images: Tensor, *, multiple: int = 1, at_least: int = 1
) -> Tensor:
    """Apply a function to images that are extended by reflection, and crop what it returns.

    Args:
        function: maps N x C x H' x W' to N x D x H' x W'.
        images: N x C x H x W; extended at the bottom and at the right.
        multiple: height and width are extended to multiples of it.
        at_least: smallest height and width that the function is given, in pixels.

    Returns:
        N x D x H x W.
    """
    height, width = images.shape[-2:]
    sides = (-(-max(side, at_least) // multiple) * multiple for side in (height, width))
    return function(crop_or_pad(images, *sides))[..., :height, :width]
