"""A simulated camera: from a photograph back to the sensor, and from there to a photograph.

The way back follows Brooks et al., "Unprocessing Images for Learned Raw Denoising" (CVPR 2019,
Sec. 3): inverse gamma, inverse colour matrix, inverse white balance, mosaic. The way forth is that
of the simple camera pipelines in use with raw data sets: white balance on the mosaic,
demosaicking, colour matrix, gamma, 8 bit.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

COLOUR_MATRIX: Final = np.array(
    [[1.66, -0.53, -0.13], [-0.23, 1.53, -0.30], [0.02, -0.55, 1.53]], np.float32
)
"""Camera RGB to linear sRGB, as phones have it; rows add up to 1, so that grey stays grey."""

WHITE_BALANCE: Final = (2.0, 1.0, 1.8)
"""Gains of red, green and blue in daylight; inside the ranges of Brooks et al., Sec. 3.3."""

BLACK_LEVEL: Final = 1 / 16
"""Offset of the sensor, in full scales: noise reaches this far below zero before it is clipped."""

GLARE: Final = 0.01
"""Light that lens and body scatter over the whole sensor: even black things are not black, as in
SIDD's clean images. Without it, clipping at black would shift the mean of noise in shadows by up to
14 grey levels, where in SIDD it is -5 on average."""

FULL_WELL: Final = 10_000
"""Electrons of a full pixel of a phone's sensor at ISO 100."""

READ_NOISE: Final = 3.0
"""Standard deviation in electrons."""

# Malvar, He and Cutler, "High-quality linear interpolation for demosaicing of Bayer-patterned
# color images" (ICASSP 2004), Fig. 2.
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


def expose(photograph: NDArray[np.uint8]) -> Plane:
    """What the sensor measures of a scene, without noise.

    Args:
        photograph: H x W x 3, sRGB.

    Returns:
        H x W in [0, 1], a Bayer mosaic, red top left (RGGB).
    """
    levels = np.arange(256, dtype=np.float32) / np.float32(255)
    linear = GLARE + (1 - GLARE) * _linear(levels)[photograph]
    camera = linear @ np.linalg.inv(COLOUR_MATRIX).T / np.array(WHITE_BALANCE, np.float32)
    mosaic = camera[:, :, 1].copy()
    mosaic[_EVEN, _EVEN] = camera[_EVEN, _EVEN, 0]
    mosaic[_ODD, _ODD] = camera[_ODD, _ODD, 2]
    return mosaic.clip(0, 1)


def add_noise(mosaic: Plane, iso: int, generator: np.random.Generator) -> Plane:
    r"""Add photon and read noise.

    .. math:: y = (P(x e) + N(0, r^2)) / e

    with Poisson and normal draws, ``e`` electrons at full scale and ``r`` the read noise.

    Args:
        mosaic: H x W in [0, 1].
        iso: ``e`` is 100 / iso of a full pixel.
        generator: of the draws.

    Returns:
        H x W, not clipped.
    """
    electrons = FULL_WELL * 100 / iso
    photons = generator.poisson(mosaic * electrons)
    read = generator.normal(0, READ_NOISE, mosaic.shape)
    return ((photons + read) / electrons).astype(np.float32)


def develop(mosaic: Plane) -> NDArray[np.uint8]:
    """Turn a mosaic into a photograph.

    Values are clipped where a camera clips: at the sensor's range, and at the range of sRGB.

    Args:
        mosaic: H x W, RGGB; full scale is 1.

    Returns:
        H x W x 3, sRGB.
    """
    balanced = mosaic.clip(-BLACK_LEVEL, 1)
    balanced[_EVEN, _EVEN] *= WHITE_BALANCE[0]
    balanced[_ODD, _ODD] *= WHITE_BALANCE[2]
    linear = demosaic(balanced.clip(max=1)) @ COLOUR_MATRIX.T
    return np.rint(_gamma(linear.clip(0, 1)) * 255).astype(np.uint8)


def demosaic(mosaic: Plane) -> Plane:
    """Interpolate the missing colours linearly, by Malvar, He and Cutler (2004).

    Args:
        mosaic: H x W, RGGB.

    Returns:
        H x W x 3; measured values are kept.
    """
    green = _interpolate(mosaic, _GREEN_AT_OTHER)
    beside = _interpolate(mosaic, _FROM_LEFT_AND_RIGHT)
    above = _interpolate(mosaic, _FROM_LEFT_AND_RIGHT.T)
    across = _interpolate(mosaic, _FROM_DIAGONALS)
    rgb = np.stack([mosaic, mosaic, mosaic], axis=2)
    red, blue = (_EVEN, _EVEN), (_ODD, _ODD)
    for own, other, channel, opposite in ((red, blue, 0, 2), (blue, red, 2, 0)):
        row, column = own
        rgb[row, column, 1] = green[own]
        rgb[row, column, opposite] = across[own]
        rgb[row, other[1], channel] = beside[row, other[1]]
        rgb[other[0], column, channel] = above[other[0], column]
    return rgb


def _interpolate(mosaic: Plane, kernel: Plane) -> Plane:
    from scipy.ndimage import correlate  # slow to import, and not needed to name an image

    # Mirrored about the border pixel, the mosaic keeps its pattern.
    return np.asarray(correlate(mosaic, kernel, mode="mirror"), np.float32)


def _linear(encoded: Plane) -> Plane:
    """Undo the gamma of sRGB (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _gamma(linear: Plane) -> Plane:
    """The gamma of sRGB (IEC 61966-2-1)."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
