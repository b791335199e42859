"""The strength of noise against the intensity of what it lies on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 32
"""Bins of intensity over the range [0, 255]."""

FEWEST = 1000
"""A bin of fewer samples says nothing of the noise."""

MOST_CLIPPED = 0.01
"""A bin in which a larger share of the noisy samples is clipped is left out of the fit."""


@dataclass(frozen=True)
class IntensityBin:
    """The noise on samples of about one intensity; all in grey levels of 0..255.

    Attributes:
        intensity: mean of the clean samples.
        count: number of samples, over all channels and images.
        mean: mean of the noise.
        std: standard deviation of the noise about that mean.
        clipped: share of the noisy samples that are 0 or at full scale.
    """

    intensity: float
    count: int
    mean: float
    std: float
    clipped: float


@dataclass(frozen=True)
class PoissonGaussian:
    r"""Variance of photon and read noise: a line in the intensity, both on the scale [0, 1].

    .. math:: \sigma^2(x) = a x + b

    Foi, Trimeche, Katkovnik and Egiazarian, Practical Poissonian-Gaussian noise modeling and
    fitting for single-image raw-data, IEEE TIP 17(10), 2008. It holds for what a sensor measures;
    development (gamma, clipping, JPEG) bends the line, and ``explained`` says how much of it is
    left.

    Attributes:
        a: slope.
        b: variance at black; below 0 where the line fits badly.
        explained: share of the bins' spread in variance that the line explains, at most 1.
        bins: the number of bins that it was fitted to.
    """

    a: float
    b: float
    explained: float
    bins: int

    def std(self, intensity: NDArray[np.float64]) -> NDArray[np.float64]:
        """Standard deviation at an intensity, both in grey levels of 0..255."""
        variance = self.a * intensity / 255 + self.b
        return np.asarray(255 * np.sqrt(np.maximum(variance, 0)))


class IntensityProfile:
    """Sums of the noise by intensity; grows by image, in any order."""

    def __init__(self) -> None:
        self._sums = np.zeros((5, BINS))

    def add(
        self,
        noise: NDArray[np.float64],
        intensity: NDArray[np.float64],
        clipped: NDArray[np.bool_],
    ) -> None:
        """Add an image: H x W x C each; noise and intensity in grey levels of 0..255."""
        values = noise.ravel()
        levels = intensity.ravel()
        index = np.clip(levels * (BINS / 256), 0, BINS - 1).astype(np.intp)
        ones = np.ones_like(values)
        for row, weights in enumerate((ones, levels, values, values**2, clipped.ravel())):
            self._sums[row] += np.bincount(index, weights, BINS)

    def bins(self) -> tuple[IntensityBin, ...]:
        """The bins with enough samples, from dark to bright."""
        found = []
        for count, level, mean, square, clipped in self._sums.T:
            if count < FEWEST:
                continue
            variance = square / count - (mean / count) ** 2
            found.append(
                IntensityBin(
                    intensity=float(level / count),
                    count=int(count),
                    mean=float(mean / count),
                    std=float(np.sqrt(max(variance, 0.0))),
                    clipped=float(clipped / count),
                )
            )
        return tuple(found)


def fit_poisson_gaussian(bins: tuple[IntensityBin, ...]) -> PoissonGaussian | None:
    """Fit the line by least squares to the bins without clipping, each weighted by its samples.

    Returns:
        None if fewer than three bins are left.
    """
    used = [each for each in bins if each.clipped <= MOST_CLIPPED]
    if len(used) < 3:
        return None
    intensity = np.array([each.intensity for each in used]) / 255
    variance = (np.array([each.std for each in used]) / 255) ** 2
    count = np.array([each.count for each in used], dtype=float)
    a, b = np.polyfit(intensity, variance, 1, w=np.sqrt(count))
    spread = np.average((variance - np.average(variance, weights=count)) ** 2, weights=count)
    left = np.average((variance - (a * intensity + b)) ** 2, weights=count)
    explained = 1.0 if spread == 0 else float(1 - left / spread)
    return PoissonGaussian(float(a), float(b), explained, len(used))
