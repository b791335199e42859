"""A simulated camera: from a photograph back to the sensor, and from there to a photograph.

The way back follows Brooks et al., "Unprocessing Images for Learned Raw Denoising" (CVPR 2019,
Sec. 3): inverse gamma, inverse colour matrix, inverse white balance, mosaic. The way forth is that
of the simple camera pipelines in use with raw data sets: white balance on the mosaic,
demosaicking, colour matrix, gamma, 8 bit.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Gains = tuple[float, float, float]

GLARE: Final = 0.01
"""Light that lens and body scatter over the whole sensor: even black things are not black, as in
SIDD's clean images. Without it, clipping at black would shift the mean of noise in shadows by up to
14 grey levels, where in SIDD it is -5 on average."""

FULL_WELL: Final = 10_000
"""Electrons of a full pixel of a phone's sensor at ISO 100."""


@dataclass(frozen=True)
class Phone:
    """What one camera differs in from another; the default is that of ``camera``.

    Attributes:
        colour_matrix: camera RGB to linear sRGB; rows add up to 1, so that grey stays grey.
        white_balance: gains of red, green and blue; by default those of daylight, inside the ranges
            of Brooks et al., Sec. 3.3.
        read_noise: standard deviation in electrons.
        black_level: offset of the sensor, in full scales: noise reaches this far below zero before
            it is clipped.
        correction: how much of its correction by gradients is added to bilinear demosaicking; 1 is
            that of Malvar, He and Cutler, 0 none.
    """

    colour_matrix: tuple[Gains, Gains, Gains] = (
        (1.66, -0.53, -0.13),
        (-0.23, 1.53, -0.30),
        (0.02, -0.55, 1.53),
    )
    white_balance: Gains = (2.0, 1.0, 1.8)
    read_noise: float = 3.0
    black_level: float = 1 / 16
    correction: float = 1.0


PHONE: Final = Phone()

# Malvar, He and Cutler, "High-quality linear interpolation for demosaicing of Bayer-patterned
# color images" (ICASSP 2004), Fig. 2: each is a mean of neighbours and a correction.
_GREEN_AT_OTHER: Final = np.array(
    [[0, 0, -1, 0, 0], [0, 0, 2, 0, 0], [-1, 2, 4, 2, -1], [0, 0, 2, 0, 0], [0, 0, -1, 0, 0]],
    np.float32,
) / np.float32(8)
_FROM_LEFT_AND_RIGHT: Final = np.array(
    [[0, 0, 1, 0, 0], [0, -2, 0, -2, 0], [-2, 8, 10, 8, -2], [0, -2, 0, -2, 0], [0, 0, 1, 0, 0]],
    np.float32,
) / np.float32(16)
_FROM_DIAGONALS: Final = np.array(
    [[0, 0, -3, 0, 0], [0, 4, 0, 4, 0], [-3, 0, 12, 0, -3], [0, 4, 0, 4, 0], [0, 0, -3, 0, 0]],
    np.float32,
) / np.float32(16)
_EVEN, _ODD = slice(0, None, 2), slice(1, None, 2)


def expose(
    photograph: NDArray[np.uint8], phone: Phone = PHONE, light: Gains = (1.0, 1.0, 1.0)
) -> Plane:
    """What the sensor measures of a scene, without noise.

    Args:
        photograph: H x W x 3, sRGB.
        phone: whose sensor it is.
        light: on the scene, in red, green and blue; 1 is as bright as the photograph.

    Returns:
        H x W in [0, 1], a Bayer mosaic, red top left (RGGB).
    """
    levels = np.arange(256, dtype=np.float32) / np.float32(255)
    linear = np.array(light, np.float32) * (GLARE + (1 - GLARE) * _linear(levels)[photograph])
    matrix = np.array(phone.colour_matrix, np.float32)
    camera = linear @ np.linalg.inv(matrix).T / np.array(phone.white_balance, np.float32)
    mosaic: Plane = camera[:, :, 1].copy()
    mosaic[_EVEN, _EVEN] = camera[_EVEN, _EVEN, 0]
    mosaic[_ODD, _ODD] = camera[_ODD, _ODD, 2]
    return mosaic.clip(0, 1)


def add_noise(
    mosaic: Plane, iso: float, generator: np.random.Generator, phone: Phone = PHONE
) -> Plane:
    r"""Add photon and read noise.

    .. math:: y = (P(x e) + N(0, r^2)) / e

    with Poisson and normal draws, ``e`` electrons at full scale and ``r`` the read noise.

    Args:
        mosaic: H x W in [0, 1].
        iso: ``e`` is 100 / iso of a full pixel.
        generator: of the draws.
        phone: whose sensor it is.

    Returns:
        H x W, not clipped.
    """
    electrons = FULL_WELL * 100 / iso
    photons = generator.poisson(mosaic * electrons)
    read = generator.normal(0, phone.read_noise, mosaic.shape)
    return ((photons + read) / electrons).astype(np.float32)


def develop(mosaic: Plane, phone: Phone = PHONE) -> NDArray[np.uint8]:
    """Turn a mosaic into a photograph.

    Values are clipped where a camera clips: at the sensor's range, and at the range of sRGB.

    Args:
        mosaic: H x W, RGGB; full scale is 1.
        phone: which develops it.

    Returns:
        H x W x 3, sRGB.
    """
    balanced = mosaic.clip(-phone.black_level, 1)
    balanced[_EVEN, _EVEN] *= phone.white_balance[0]
    balanced[_ODD, _ODD] *= phone.white_balance[2]
    colours = demosaic(balanced.clip(max=1), phone.correction)
    linear = colours @ np.array(phone.colour_matrix, np.float32).T
    return np.rint(_gamma(linear.clip(0, 1)) * 255).astype(np.uint8)


def demosaic(mosaic: Plane, correction: float = 1.0) -> Plane:
    """Interpolate the missing colours linearly, by Malvar, He and Cutler (2004).

    Args:
        mosaic: H x W, RGGB.
        correction: see :class:`Phone`.

    Returns:
        H x W x 3; measured values are kept.
    """
    green = _interpolate(mosaic, _GREEN_AT_OTHER, correction)
    beside = _interpolate(mosaic, _FROM_LEFT_AND_RIGHT, correction)
    above = _interpolate(mosaic, _FROM_LEFT_AND_RIGHT.T, correction)
    across = _interpolate(mosaic, _FROM_DIAGONALS, correction)
    rgb = np.stack([mosaic, mosaic, mosaic], axis=2)
    red, blue = (_EVEN, _EVEN), (_ODD, _ODD)
    for own, other, channel, opposite in ((red, blue, 0, 2), (blue, red, 2, 0)):
        row, column = own
        rgb[row, column, 1] = green[own]
        rgb[row, column, opposite] = across[own]
        rgb[row, other[1], channel] = beside[row, other[1]]
        rgb[other[0], column, channel] = above[other[0], column]
    return rgb


def _interpolate(mosaic: Plane, kernel: Plane, correction: float) -> Plane:
    from scipy.ndimage import correlate  # slow to import, and not needed to name an image

    # Mirrored about the border pixel, the mosaic keeps its pattern.
    return np.asarray(correlate(mosaic, _weakened(kernel, correction), mode="mirror"), np.float32)


def _weakened(kernel: Plane, correction: float) -> Plane:
    """A kernel of Malvar, He and Cutler with a part of its correction.

    Without any it is bilinear: the mean of the nearest pixels that have the colour, which are those
    with the largest weights beside the middle.
    """
    around = kernel.copy()
    around[2, 2] = 0
    nearest = around == around.max()
    bilinear = nearest / np.float32(nearest.sum())
    return np.asarray(bilinear + np.float32(correction) * (kernel - bilinear), np.float32)


def _linear(encoded: Plane) -> Plane:
    """Undo the gamma of sRGB (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _gamma(linear: Plane) -> Plane:
    """The gamma of sRGB (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
