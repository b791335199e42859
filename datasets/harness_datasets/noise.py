"""Noise that is added to clean images, as the literature on denoising adds it.

Images are H x W x C, C = 1 or 3, float32, nominally in [0, 1]. Levels (``sigma``, ``alpha``,
``delta``) are in grey levels of 255. Noisy images are not clipped: clipping would take from the
noise its zero mean.

Draws come from a :class:`numpy.random.RandomState`, whose streams NumPy has frozen: a seed means
the same noise in every version.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from harness import ParameterError

VERSION: Final = 1
"""Raised whenever the same parameters and seed no longer give the same noise."""

Pixels = NDArray[np.float32]


class Noise(ABC):
    """A noise model; its ``repr`` names it with all its parameters."""

    @abstractmethod
    def draw(self, clean: Pixels, random: RandomState) -> NDArray[np.float64]:
        """Draw the noise of an image, of its shape."""

    def add(self, clean: Pixels, random: RandomState) -> Pixels:
        """Add noise to an image.

        Args:
            clean: H x W x C in [0, 1].
            random: of the draws; it moves on.

        Returns:
            The same shape, beyond [0, 1] too.
        """
        return clean + self.draw(clean, random).astype(np.float32)


@dataclass(frozen=True)
class Gaussian(Noise):
    r"""White Gaussian noise, :math:`n \sim N(0, \sigma^2)`.

    Args:
        sigma: standard deviation in grey levels of 255.
    """

    sigma: float

    def draw(self, clean: Pixels, random: RandomState) -> NDArray[np.float64]:
        """Draw the noise of an image."""
        return self.sigma / 255 * _standard_normal(clean.shape, random)


@dataclass(frozen=True)
class HeteroscedasticGaussian(Noise):
    r"""Gaussian noise that grows with the signal, D-BSN (Wu et al., ECCV 2020), Sec. 4.2.

    .. math:: n = \alpha\, x^{p/2} z_1 + \delta z_2, \qquad z_1, z_2 \sim N(0, 1)

    so that the variance is :math:`\alpha^2 x^p + \delta^2`. The paper prints ``p = 1``. Its
    released training code has ``p = 2``, and only to this do its values for HG noise belong.

    Args:
        alpha: in grey levels of 255.
        delta: in grey levels of 255.
        power: of the signal, ``p``.
    """

    alpha: float
    delta: float
    power: int

    def draw(self, clean: Pixels, random: RandomState) -> NDArray[np.float64]:
        """Draw the noise of an image."""
        growing = clean ** (self.power / 2) * _standard_normal(clean.shape, random)
        constant = _standard_normal(clean.shape, random)
        return self.alpha / 255 * growing + self.delta / 255 * constant


@dataclass(frozen=True)
class PoissonGaussian(Noise):
    r"""Photon noise and white Gaussian noise, :math:`y = P(\lambda x) / \lambda + N(0, \sigma^2)`.

    Args:
        peak: photons at white, :math:`\lambda`.
        sigma: standard deviation of the Gaussian part in grey levels of 255.
    """

    peak: float
    sigma: float

    def draw(self, clean: Pixels, random: RandomState) -> NDArray[np.float64]:
        """Draw the noise of an image."""
        photons = random.poisson(self.peak * clean.astype(np.float64))
        read = self.sigma / 255 * _standard_normal(clean.shape, random)
        return photons / self.peak - clean + read


@dataclass(frozen=True)
class MultivariateGaussian(Noise):
    r"""Gaussian noise with correlated channels, :math:`n \sim N(0, \Sigma)`; colour images alone.

    Args:
        covariance: :math:`\Sigma` in [0, 1] squared, by rows.
    """

    covariance: tuple[tuple[float, float, float], ...]

    def draw(self, clean: Pixels, random: RandomState) -> NDArray[np.float64]:
        """Draw the noise of an image.

        Raises:
            ParameterError: the image is grey.
        """
        height, width, channels = clean.shape
        if channels != 3:
            raise ParameterError(
                f"noise 'mg' correlates three channels, but the image has {channels}; "
                "take another noise, or a colour set"
            )
        noise = random.multivariate_normal(np.zeros(3), self.covariance, (height, width))
        return np.asarray(noise)


def multivariate_gaussian(
    scales_from: RandomState, basis_from: RandomState
) -> MultivariateGaussian:
    r"""Draw a covariance as the released code of D-BSN does, after FFDNet's.

    .. math:: \Sigma = |(75/255)^2\, U^\top \Lambda U|

    element by element, where :math:`\Lambda` is diagonal with values from U(0, 1), and :math:`U`
    an orthonormal basis of the columns of a matrix with entries from U(0, 1).

    Args:
        scales_from: gives :math:`\Lambda`.
        basis_from: gives :math:`U`; drawn from later, if the two are the same.
    """
    scales = np.diag(scales_from.rand(3))
    basis = np.linalg.svd(basis_from.rand(3, 3))[0]
    covariance = np.abs((75 / 255) ** 2 * basis.T @ scales @ basis)
    return MultivariateGaussian(tuple(tuple(row) for row in covariance.tolist()))


def validation_multivariate_gaussian() -> MultivariateGaussian:
    r"""The one covariance that D-BSN is validated with: seed 0 for :math:`\Lambda` and for `U`.

    Its standard deviations are 58.6, 60.8 and 58.0 grey levels, its correlations below 0.09.
    """
    return multivariate_gaussian(RandomState(0), RandomState(0))


def noise_model(noise: str, *, sigma: float, alpha: float, delta: float, peak: float) -> Noise:
    """The noise model of a name; of the levels, those that it knows.

    Raises:
        ParameterError: there is no such noise.
    """
    models: Mapping[str, Callable[[], Noise]] = {
        "awgn": lambda: Gaussian(sigma),
        "hg-release": lambda: HeteroscedasticGaussian(alpha, delta, power=2),
        "hg-paper": lambda: HeteroscedasticGaussian(alpha, delta, power=1),
        "mg": validation_multivariate_gaussian,
        "poisson-gaussian": lambda: PoissonGaussian(peak, sigma),
    }
    if noise not in models:
        raise ParameterError(f"there is no noise {noise!r}; there is {', '.join(models)}")
    return models[noise]()


def random_of_image(seed: int, name: str) -> RandomState:
    """The random state of an image's noise: the same for a seed and a name, always."""
    digest = hashlib.sha256(f"{seed}\0{name}".encode()).digest()
    return RandomState(np.frombuffer(digest, "<u4"))


def _standard_normal(shape: tuple[int, ...], random: RandomState) -> NDArray[np.float64]:
    """Draw N(0, 1), H x W x C, channel after channel as the released code of D-BSN does."""
    height, width, channels = shape
    return random.standard_normal((channels, height, width)).transpose(1, 2, 0)
