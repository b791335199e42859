"""From any image to what a method accepts, and back: padding, tiles, and checks of the output."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from harness.errors import DataError, HarnessError, ParameterError, PluginError
from harness.methods.method import Method, OracleMethod
from harness.methods.networks import receptive_radius_of

WHOLE_PIXELS = 1024 * 1024
"""An image of more pixels is cut into tiles, where the method allows it."""

TILE_CORE = 512
"""Side of what a tile contributes to the result, in pixels, when the user names no tile."""


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
            tiles of automatic size for images above :data:`WHOLE_PIXELS`, if the method's
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
    if isinstance(method, OracleMethod) and clean is None:
        raise DataError(f"{_name(method)} is an oracle and needs clean images; these have none")
    height, width = noisy.shape[-2:]
    multiple = method.size_multiple
    padded_height, padded_width = _round_up(height, multiple), _round_up(width, multiple)
    padded = crop_or_pad(noisy, padded_height, padded_width)
    padded_clean = None
    if isinstance(method, OracleMethod) and clean is not None:
        padded_clean = crop_or_pad(clean, padded_height, padded_width)

    method.eval()
    side = _tile_side(method, padded_height, padded_width, tile)
    # no_grad and not inference_mode: a method that fits itself to the image enables gradients
    with torch.no_grad():
        if side is None:
            denoised = _denoise_whole(method, padded, padded_clean)
        else:
            denoised = _denoise_tiles(method, padded, padded_clean, side)
    return denoised[..., :height, :width]


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
            order = np.pad(np.arange(have), (0, length - have), mode="reflect")
            images = images.index_select(axis, torch.from_numpy(order).to(images.device))
    return images


def _denoise_whole(method: Method, noisy: Tensor, clean: Tensor | None) -> Tensor:
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
    if not denoised.isfinite().all():
        raise HarnessError(
            f"{_name(method)} returned infinite or undefined pixels; "
            "its training may have diverged, or --precision is too low for it"
        )
    return denoised.float()


def _denoise_tiles(method: Method, noisy: Tensor, clean: Tensor | None, side: int) -> Tensor:
    margin = _margin(method)
    height, width = noisy.shape[-2:]
    denoised = torch.empty_like(noisy, dtype=torch.float32)
    for rows, kept_rows in _cuts(height, side, margin):
        for columns, kept_columns in _cuts(width, side, margin):
            tile = _denoise_whole(
                method,
                noisy[..., rows, columns],
                None if clean is None else clean[..., rows, columns],
            )
            top, left = kept_rows.start - rows.start, kept_columns.start - columns.start
            denoised[..., kept_rows, kept_columns] = tile[..., top:, left:][
                ..., : kept_rows.stop - kept_rows.start, : kept_columns.stop - kept_columns.start
            ]
    return denoised


def _cuts(length: int, side: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Cut an axis into tiles: what each reads, and which part of that it contributes."""
    if length <= side:
        yield slice(0, length), slice(0, length)
        return
    last = length - side
    for start in [*range(0, last, side - 2 * margin), last]:
        kept_start = start + margin if start else 0
        kept_stop = start + side - margin if start < last else length
        yield slice(start, start + side), slice(kept_start, kept_stop)


def _tile_side(method: Method, height: int, width: int, tile: int | None) -> int | None:
    """The side of the tiles, a multiple of ``size_multiple``; None: denoise the image whole."""
    if tile is None:
        if receptive_radius_of(method) is None or height * width <= WHOLE_PIXELS:
            return None
        return _round_up(TILE_CORE, method.size_multiple) + 2 * _margin(method)
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


def _round_up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def _name(method: Method) -> str:
    return type(method).__name__
