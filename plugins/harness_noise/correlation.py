r"""How noise correlates with itself at a distance: the correlation map, in two definitions.

With :math:`x_{pc}` the noise of pixel :math:`p` in channel :math:`c`, and sums over all pixels
:math:`p` for which :math:`p + d` lies inside the image too,

``pooled``
    Pearson correlation over all pairs of pixels at the distance :math:`d`, in all channels and
    images, where every image and channel has its own mean:

    .. math::
        r(d) = \frac{\sum_{i,c} \sum_p (x_{pc} - \bar x_{ic})(x_{p+d,c} - \bar x'_{ic})}
        {\sqrt{\sum_{i,c} \sum_p (x_{pc} - \bar x_{ic})^2
        \sum_{i,c} \sum_p (x_{p+d,c} - \bar x'_{ic})^2}}

    :math:`\bar x_{ic}` is the mean over the :math:`p`, :math:`\bar x'_{ic}` that over the
    :math:`p + d`. It is what a method that assumes independent noise is up against.

``rgb-direction``
    The mean, over all pairs of pixels at the distance :math:`d` in all images, of the Pearson
    correlation of the two triples (R, G, B); pairs with a pixel whose three values are equal have
    none and are left out. It asks whether the *colour* of the noise is the same, whatever its
    strength, and does not see noise that is grey (Yu and Yu, Self-Supervised Image Denoising with
    Noise Correlation Priors, Sec. 3.2, whose formula leaves out the division by the number of
    pairs).

Both are exact, and found by fast Fourier transforms: the autocorrelation of an image that is
extended by zeros is the inverse transform of its power spectrum (Wiener-Khinchin).
"""

from abc import ABC, abstractmethod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from harness import DataError

Definition = Literal["pooled", "rgb-direction"]

Array = NDArray[np.float64]

BAND = 512
"""Rows that are transformed at a time, so that memory does not grow with the image."""


class CorrelationMap(ABC):
    """A correlation map that grows by image, in any order; its memory does not.

    Args:
        radius: the map reaches from -radius to radius in both directions.
    """

    def __init__(self, radius: int) -> None:
        self.radius = radius

    @abstractmethod
    def add(self, noise: Array) -> None:
        """Add the noise of an image, H x W x C.

        Raises:
            DataError: the image is not larger than the radius, or its channels do not fit.
        """

    @abstractmethod
    def values(self) -> Array:
        """The map, (2 radius + 1) squared: [radius + k, radius + l] is k rows down, l to the right.

        It is 1 in the middle and symmetric about it; NaN where there is no pair of pixels.
        """

    def _check(self, noise: Array) -> None:
        height, width, _ = noise.shape
        if min(height, width) <= self.radius:
            raise DataError(
                f"an image of {width}x{height} pixels is too small for a map of radius "
                f"{self.radius}; say --radius {min(height, width) - 1} or less"
            )


class PooledCorrelation(CorrelationMap):
    """The map ``pooled``, see :mod:`harness_noise.correlation`."""

    def __init__(self, radius: int) -> None:
        super().__init__(radius)
        side = 2 * radius + 1
        self._covariance = np.zeros((side, side))
        self._variance = np.zeros((side, side))  # of the pixels that have a partner at d

    def add(self, noise: Array) -> None:
        """Add the noise of an image, H x W x C, any C."""
        self._check(noise)
        # the mean of the whole image comes off first: it changes nothing but rounding errors
        planes = np.ascontiguousarray((noise - noise.mean(axis=(0, 1))).transpose(2, 0, 1))
        height, width, _ = noise.shape
        lags = np.abs(np.arange(-self.radius, self.radius + 1))
        pairs = np.outer(height - lags, width - lags)
        first = _sums_with_partner(planes, self.radius)
        second = first[:, ::-1, ::-1]  # of p + d, which are those with a partner at -d
        squares = _sums_with_partner(planes**2, self.radius)
        self._covariance += pair_sums(planes, self.radius) - (first * second / pairs).sum(axis=0)
        self._variance += (squares - first**2 / pairs).sum(axis=0)

    def values(self) -> Array:
        """The map; NaN everywhere if there is no noise."""
        return _ratio(self._covariance, np.sqrt(self._variance * self._variance[::-1, ::-1]))


class DirectionCorrelation(CorrelationMap):
    r"""The map ``rgb-direction``, see :mod:`harness_noise.correlation`.

    A triple less its mean lies in a plane, where it has the coordinates
    :math:`a = (R - G) / \sqrt 2` and :math:`b = (R + G - 2 B) / \sqrt 6`; the correlation of two
    triples is the cosine of the angle between them.
    """

    def __init__(self, radius: int) -> None:
        super().__init__(radius)
        side = 2 * radius + 1
        self._sums = np.zeros((side, side))
        self._pairs = np.zeros((side, side))

    def add(self, noise: Array) -> None:
        """Add the noise of an image, H x W x 3.

        Raises:
            DataError: the image is grey, or not larger than the radius.
        """
        self._check(noise)
        if noise.shape[2] != 3:
            raise DataError(
                "the definition rgb-direction needs colour images, and these are grey; "
                "say --definition pooled"
            )
        red, green, blue = noise.transpose(2, 0, 1)
        directions = np.stack([(red - green) / np.sqrt(2), (red + green - 2 * blue) / np.sqrt(6)])
        length = np.hypot(*directions)
        directions = np.divide(directions, length, out=directions, where=length > 0)
        has_direction = (length > 0).astype(float)[np.newaxis]
        self._sums += pair_sums(directions, self.radius)
        self._pairs += np.rint(pair_sums(has_direction, self.radius))

    def values(self) -> Array:
        """The map; NaN where no two pixels with colour have this distance."""
        return _ratio(self._sums, self._pairs)


CORRELATION_MAPS: dict[Definition, type[CorrelationMap]] = {
    "pooled": PooledCorrelation,
    "rgb-direction": DirectionCorrelation,
}
"""The class of every definition."""


def pair_sums(planes: Array, radius: int) -> Array:
    r"""Sum the products of all pairs of pixels at every distance.

    .. math:: S(d) = \sum_c \sum_p v_{pc} v_{p+d,c}

    over all p for which p and p + d lie inside. It takes a fast Fourier transform per plane and
    band of rows, with zeros behind the band, so that nothing wraps around.

    Args:
        planes: C x H x W.
        radius: the largest distance, down and to the right.

    Returns:
        (2 radius + 1) squared, the distance 0 in the middle; symmetric about it.
    """
    height, width = planes.shape[1:]
    lower_half = np.zeros((radius + 1, 2 * radius + 1))
    for top in range(0, height, BAND):
        band, reached = planes[:, top : top + BAND], planes[:, top : top + BAND + radius]
        shape = (
            fft.next_fast_len(band.shape[1] + radius, real=True),
            fft.next_fast_len(width + radius, real=True),
        )
        power = _cross_power(band, reached, shape)
        # of the inverse only a few rows are wanted, so the columns go first
        rows = fft.ifft(power, axis=0, overwrite_x=True)[: radius + 1]
        lower_half += fft.irfft(rows, shape[1], axis=1)[:, np.arange(-radius, radius + 1)]
    return np.concatenate([lower_half[:0:-1, ::-1], lower_half])


def _cross_power(band: Array, reached: Array, shape: tuple[int, int]) -> NDArray[Any]:
    """The spectrum of the products of a band with itself and the rows below, over all planes."""
    power = 0
    for plane, below in zip(band, reached, strict=True):
        spectrum = fft.rfft2(plane, shape)
        if plane.shape == below.shape:
            power = power + (spectrum.real**2 + spectrum.imag**2)
        else:
            power = power + spectrum.conj() * fft.rfft2(below, shape)
    return np.asarray(power)


def _sums_with_partner(planes: Array, radius: int) -> Array:
    """Sum, per plane and distance d, over all pixels p for which p + d lies inside.

    Args:
        planes: C x H x W.
        radius: the largest distance, less than H and W.

    Returns:
        C x (2 radius + 1) squared.
    """
    by_row = _trimmed_sums(planes.transpose(0, 2, 1), radius).transpose(0, 2, 1)
    return _trimmed_sums(by_row, radius)


def _trimmed_sums(values: Array, radius: int) -> Array:
    """Sum along the last axis without the first k values, k = radius..1, 0, or the last, 0..radius.

    Returns:
        The last axis of ``values`` becomes 2 radius + 1.
    """
    total = values.sum(axis=-1, keepdims=True)
    first = np.cumsum(values[..., :radius], axis=-1)
    last = np.cumsum(values[..., ::-1][..., :radius], axis=-1)
    return np.concatenate([total - first[..., ::-1], total, total - last], axis=-1)


def _ratio(numerator: Array, denominator: Array) -> Array:
    undefined = np.full_like(numerator, np.nan)
    return np.divide(numerator, denominator, out=undefined, where=denominator > 0)
