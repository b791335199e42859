"""From any image to what a method accepts, and back: padding, tiles, and checks of the output."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import lcm

import torch
from torch import Tensor

from harness.errors import DataError, HarnessError, ParameterError, PluginError
from harness.methods.method import Method, OracleMethod
from harness.methods.networks import receptive_radius_of

WHOLE_SIDE = 1024
"""An image of more pixels than a square of this side is cut into tiles, where the method allows it.
Tiles have up to this side, too: as large as what is denoised whole, they overlap least."""

TILE_CORE = 512
"""Side of what a tile contributes to the result at least, in pixels, however far it overlaps."""

_STRIDES = 12
"""The last tile begins at a multiple of it, if that does not make it too large: a method that
extends what it gets to multiples of 2, 3 or 4 extends this tile as it does the image, then."""


@dataclass(frozen=True)
class Tile:
    """A part of an image that is denoised at once, and for which pixels its result is taken.

    Attributes:
        rows: read by the method, of the image extended to a multiple of ``size_multiple``.
        columns: likewise.
        kept_rows: taken from the result, of the image as it is.
        kept_columns: likewise.
    """

    rows: slice
    columns: slice
    kept_rows: slice
    kept_columns: slice

    def kept(self, denoised: Tensor) -> Tensor:
        """What is taken of the result.

        Args:
            denoised: N x C x rows x columns.

        Returns:
            N x C x kept rows x kept columns, a view.
        """
        rows = _from(self.rows.start, self.kept_rows)
        columns = _from(self.columns.start, self.kept_columns)
        return denoised[..., rows, columns]


def denoise(
    method: Method, noisy: Tensor, *, clean: Tensor | None = None, tile: int | None = None
) -> Tensor:
    """Denoise a batch of any size.

    The images are extended by reflection, at the bottom and at the right, to a multiple of
    ``method.size_multiple``, and the result is cropped to their size. Tiles begin at multiples of
    ``size_multiple`` and overlap so far that every pixel is taken from a tile that holds all it
    depends on; so the result with tiles equals the result without. The method is put into
    evaluation mode and stays there.

    Args:
        method: whose ``denoise`` is called.
        noisy: N x C x H x W in [0, 1]; any H and W.
        clean: of the same shape; only an :class:`harness.OracleMethod` is shown it.
        tile: side of the tiles in pixels, rounded up to a multiple of ``size_multiple``; None:
            tiles of automatic size for images above :data:`WHOLE_SIDE` squared, if the method's
            ``receptive_radius`` is finite.

    Returns:
        N x C x H x W, float32, not clipped.

    Raises:
        DataError: an oracle is given no clean images.
        ParameterError: the tiles are too small for the method, or it cannot be tiled.
        PluginError: the method returns something else than a tensor of floating-point pixels and
            of the shape it was given.
        HarnessError: the method returns infinities or NaN.
    """
    height, width = noisy.shape[-2:]
    multiple = method.size_multiple
    extended = _round_up(height, multiple), _round_up(width, multiple)
    noisy = crop_or_pad(noisy, *extended)
    clean = None if clean is None else crop_or_pad(clean, *extended)
    tiles = tiles_of(method, height, width, tile)
    if len(tiles) == 1:
        return tiles[0].kept(denoise_tile(method, noisy, clean))
    denoised = torch.empty((*noisy.shape[:-2], height, width), device=noisy.device)
    for each in tiles:
        rows, columns = each.rows, each.columns
        part = denoise_tile(
            method,
            noisy[..., rows, columns],
            None if clean is None else clean[..., rows, columns],
        )
        denoised[..., each.kept_rows, each.kept_columns] = each.kept(part)
    return denoised


def tiles_of(method: Method, height: int, width: int, tile: int | None = None) -> list[Tile]:
    """The parts in which an image is denoised: one, or tiles, see :func:`denoise`.

    Args:
        method: that denoises it.
        height: of the image, in pixels.
        width: of the image.
        tile: side of the tiles in pixels; None: as the harness chooses.

    Returns:
        What they keep covers the image; the last of a row or column keeps some pixels again.

    Raises:
        ParameterError: the tiles are too small for the method, or it cannot be tiled.
    """
    multiple, margin = method.size_multiple, _margin(method)
    extended_height, extended_width = _round_up(height, multiple), _round_up(width, multiple)
    side = _tile_side(method, extended_height, extended_width, tile)
    side = max(extended_height, extended_width) if side is None else side
    down, across = (
        [
            (read, slice(kept.start, min(kept.stop, length)))
            for read, kept in _cuts(extended, side, margin, multiple)
        ]
        for extended, length in ((extended_height, height), (extended_width, width))
    )
    return [
        Tile(rows, columns, kept_rows, kept_columns)
        for (rows, kept_rows), (columns, kept_columns) in product(down, across)
    ]


def smaller_tile(method: Method, height: int, width: int, tile: int | None) -> int | None:
    """Half the tile that an image was denoised in, or the smallest that the method allows.

    Args:
        method: that denoised it.
        height: of the image, in pixels.
        width: of the image.
        tile: side that was asked for; None: none was.

    Returns:
        The side in pixels; None where the tiles were as small as can be, or there can be none.
    """
    if receptive_radius_of(method) is None:
        return None
    side = _tile_side(method, height, width, tile) or max(height, width)
    smallest = 2 * _margin(method) + method.size_multiple
    smaller = max(smallest, _round_up(side // 2, method.size_multiple))
    return smaller if smaller < side else None


def crop_or_pad(images: Tensor, height: int, width: int) -> Tensor:
    """Crop images, or extend them by reflection, at the bottom and at the right.

    Reflection leaves the border pixel single and is repeated as often as needed, so images may be
    smaller than what is added.

    Args:
        images: N x C x H x W.
        height: wanted, in pixels.
        width: wanted, in pixels.

    Returns:
        N x C x height x width.
    """
    for axis, length in ((-2, height), (-1, width)):
        have = images.shape[axis]
        if have > length:
            images = images.narrow(axis, 0, length)
        elif have < length:
            images = images.index_select(axis, reflected(have, length, images.device))
    return images


def reflected(have: int, length: int, device: torch.device | None = None) -> Tensor:
    """The places of an axis in the order in which reflection extends it.

    The border is not repeated: 4 places extended to 9 are 0, 1, 2, 3, 2, 1, 0, 1, 2.

    Args:
        have: number of places, at least 1.
        length: wanted.
        device: of the result; None: the CPU.

    Returns:
        As many indices as ``length``.
    """
    period = max(1, 2 * (have - 1))
    places = torch.arange(length, device=device) % period
    return torch.minimum(places, period - places)


def denoise_tile(method: Method, noisy: Tensor, clean: Tensor | None = None) -> Tensor:
    """Denoise a batch at once; ``method`` is put into evaluation mode and stays there.

    Args:
        method: whose ``denoise`` is called.
        noisy: N x C x H x W in [0, 1]; H and W are multiples of ``method.size_multiple``.
        clean: of the same shape; only an :class:`harness.OracleMethod` is shown it.

    Returns:
        The same shape, float32, not clipped.

    Raises:
        DataError: an oracle is given no clean images.
        PluginError: the method returns something else than a tensor of floating-point pixels and
            of the shape it was given.
        HarnessError: the method returns infinities or NaN.
    """
    if isinstance(method, OracleMethod) and clean is None:
        raise DataError(f"{_name(method)} is an oracle and needs clean images; these have none")
    method.eval()
    # no_grad and not inference_mode: a method that fits itself to the image enables gradients
    with torch.no_grad():
        if isinstance(method, OracleMethod) and clean is not None:
            denoised = method.denoise_knowing(noisy, clean)
        else:
            denoised = method.denoise(noisy)
    if not isinstance(denoised, Tensor) or denoised.shape != noisy.shape:
        returned = (
            f"shape {tuple(denoised.shape)}"
            if isinstance(denoised, Tensor)
            else type(denoised).__name__
        )
        raise PluginError(
            f"{_name(method)} was given images of shape {tuple(noisy.shape)} and returned "
            f"{returned}; denoise must return a tensor of the same shape"
        )
    if not denoised.is_floating_point():
        kind = str(denoised.dtype).removeprefix("torch.")
        raise PluginError(
            f"{_name(method)} returned pixels of type {kind}; denoise must return floating-point "
            "pixels, where 1 is white"
        )
    # the sum is finite if all are, and sooner known; a sum may overflow where none is infinite
    if not denoised.sum().isfinite() and not denoised.isfinite().all():
        raise HarnessError(
            f"{_name(method)} returned infinite or undefined pixels; "
            "its training may have diverged, or --precision is too low for it"
        )
    return denoised.float()


def _cuts(length: int, most: int, margin: int, multiple: int) -> Iterator[tuple[slice, slice]]:
    """Cut an axis into tiles: what each reads, and which part of that it contributes.

    As few as ``most`` allows, of about the least side with which they are as few.
    """
    if length <= most:
        yield slice(0, length), slice(0, length)
        return
    count = -(-(length - 2 * margin) // (most - 2 * margin))
    side = -(-(length - 2 * margin) // count) + 2 * margin
    side = min(most, side + (length - side) % lcm(multiple, _STRIDES))
    last = length - side
    for start in [*range(0, last, side - 2 * margin), last]:
        kept_start = start + margin if start else 0
        kept_stop = start + side - margin if start < last else length
        yield slice(start, start + side), slice(kept_start, kept_stop)


def _tile_side(method: Method, height: int, width: int, tile: int | None) -> int | None:
    """The side of the tiles, a multiple of ``size_multiple``; None: denoise the image whole."""
    if tile is None:
        if receptive_radius_of(method) is None or height * width <= WHOLE_SIDE**2:
            return None
        multiple = method.size_multiple
        smallest = _round_up(TILE_CORE, multiple) + 2 * _margin(method)
        return max(smallest, WHOLE_SIDE // multiple * multiple)
    side = _round_up(tile, method.size_multiple)
    if height <= side and width <= side:
        return None
    if receptive_radius_of(method) is None:
        raise ParameterError(
            f"{_name(method)} depends on the whole image and cannot denoise it in tiles; "
            "leave out the tile size"
        )
    if side <= 2 * _margin(method):
        smallest = 2 * _margin(method) + method.size_multiple
        raise ParameterError(
            f"tiles of {tile} pixels are too small for {_name(method)}, whose receptive field "
            f"reaches {receptive_radius_of(method)} pixels to each side; give at least {smallest}"
        )
    return side


def _margin(method: Method) -> int:
    """What a tile loses at a cut: the receptive radius, rounded up to keep the tiles' phase."""
    return _round_up(receptive_radius_of(method) or 0, method.size_multiple)


def _from(origin: int, part: slice) -> slice:
    """A part of an axis, counted from another place on it."""
    return slice(part.start - origin, part.stop - origin)


def _round_up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def _name(method: Method) -> str:
    return type(method).__name__
