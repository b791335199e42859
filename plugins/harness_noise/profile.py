"""The noise of a set of images, measured image by image."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from harness import DataError
from harness_noise.correlation import CORRELATION_MAPS, CorrelationMap, Definition
from harness_noise.intensity import (
    IntensityBin,
    IntensityProfile,
    PoissonGaussian,
    fit_poisson_gaussian,
)
from harness_noise.observation import Observation
from harness_noise.statistics import (
    ChannelNoise,
    ChannelStatistics,
    ImageNoise,
    describe_image,
)
from harness_noise.suggestion import THRESHOLD, Suggestion, suggest

RADIUS = 10
"""Of the map: 21 x 21, as in the report (Yu and Yu, Sec. 3.2)."""


@dataclass(frozen=True)
class Correlation:
    """A correlation map as plain numbers.

    Attributes:
        definition: see :mod:`harness_noise.correlation`.
        values: row by row; the distance 0 is in the middle.
    """

    definition: Definition
    values: tuple[tuple[float, ...], ...]

    @property
    def array(self) -> NDArray[np.float64]:
        """The map, (2 radius + 1) squared."""
        return np.array(self.values)

    @property
    def horizontal(self) -> tuple[float, ...]:
        """At 1, 2, … pixels to the right."""
        radius = len(self.values) // 2
        return self.values[radius][radius + 1 :]

    @property
    def vertical(self) -> tuple[float, ...]:
        """At 1, 2, … pixels down."""
        radius = len(self.values) // 2
        return tuple(row[radius] for row in self.values[radius + 1 :])


@dataclass(frozen=True)
class NoiseProfile:
    """All that is known of the noise of a set; levels are grey levels of 0..255.

    Attributes:
        pixels: number of pixels in all images.
        ground_truth: the noise is noisy minus clean; else it is a method's residual, and no PSNR
            is known.
        mean: mean of the noise, over all samples.
        std: standard deviation of the noise about the mean of its image and channel, over all
            samples.
        psnr: PSNR of the noisy images, the mean over images, in dB; None without ground truth.
        ceiling: PSNR that bounds methods which assume zero-mean noise, the mean over images, in
            dB, see :func:`harness_noise.statistics.ceiling_of`; None without ground truth.
        channels: mean, strength and clipping by channel, and correlation between channels.
        correlations: the maps asked for.
        suggestion: sizes read off the first map.
        intensity: noise by intensity.
        poisson_gaussian: the line fitted to it; None where too few bins allow one.
        images: what is known of each image, in the order in which they came.
    """

    pixels: int
    ground_truth: bool
    mean: float
    std: float
    psnr: float | None
    ceiling: float | None
    channels: ChannelNoise
    correlations: tuple[Correlation, ...]
    suggestion: Suggestion
    intensity: tuple[IntensityBin, ...]
    poisson_gaussian: PoissonGaussian | None
    images: tuple[ImageNoise, ...]


def measure_noise(
    observations: Iterable[Observation],
    *,
    ground_truth: bool = True,
    definitions: Sequence[Definition] | None = None,
    radius: int = RADIUS,
    threshold: float = THRESHOLD,
) -> NoiseProfile:
    """Measure the noise of a set of images; holds one image and sums, whatever their number.

    Args:
        observations: the images, in any order.
        ground_truth: the observations are noisy minus clean, and no method's residuals.
        definitions: the definitions of correlation; None: all that the images allow.
        radius: the largest distance in the maps, at least 1.
        threshold: absolute correlations up to this count as none in the suggestion.

    Raises:
        DataError: there is no image or no noise, images are too small, or grey and colour mix.
    """
    sums: _Sums | None = None
    for observation in observations:
        sums = sums or _Sums(observation.noise.shape[2], definitions, radius, ground_truth)
        sums.add(observation)
    if sums is None:
        raise DataError("there is no image to measure noise on")
    return sums.result(threshold)


class _Sums:
    """What is kept of the images seen."""

    def __init__(
        self,
        channels: int,
        definitions: Sequence[Definition] | None,
        radius: int,
        ground_truth: bool,
    ) -> None:
        allowed: Sequence[Definition] = (
            ("pooled", "rgb-direction") if channels == 3 else ("pooled",)
        )
        self.count = channels
        self.ground_truth = ground_truth
        self.maps: dict[Definition, CorrelationMap] = {
            definition: CORRELATION_MAPS[definition](radius)
            for definition in definitions or allowed
        }
        self.channels = ChannelStatistics(channels)
        self.intensity = IntensityProfile()
        self.images: list[ImageNoise] = []
        self.pixels = 0

    def add(self, observation: Observation) -> None:
        noise = observation.noise
        height, width, channels = noise.shape
        if channels != self.count:
            raise DataError(
                f"image {observation.name!r} has {channels} channels and others have {self.count}; "
                "measure grey and colour images apart"
            )
        for correlation in self.maps.values():
            correlation.add(noise)
        clipped = observation.at_black | observation.at_white
        self.channels.add(noise, int(observation.at_black.sum()), int(observation.at_white.sum()))
        self.intensity.add(noise, observation.intensity, clipped)
        self.images.append(describe_image(observation.name, noise, ground_truth=self.ground_truth))
        self.pixels += height * width

    def result(self, threshold: float) -> NoiseProfile:
        channels = self.channels.result()
        if not any(channels.std):
            what = (
                "noisy and clean images differ by no noise"
                if self.ground_truth
                else "no noise is left"
            )
            raise DataError(f"{what}: there is nothing to measure")
        maps = {definition: each.values() for definition, each in self.maps.items()}
        bins = self.intensity.bins()
        return NoiseProfile(
            pixels=self.pixels,
            ground_truth=self.ground_truth,
            mean=fmean(channels.mean),
            std=math.sqrt(fmean(std**2 for std in channels.std)),
            psnr=_mean([image.psnr for image in self.images]),
            ceiling=_mean([image.ceiling for image in self.images]),
            channels=channels,
            correlations=tuple(
                Correlation(definition, tuple(tuple(map(float, row)) for row in values))
                for definition, values in maps.items()
            ),
            suggestion=suggest(next(iter(maps.values())), threshold),
            intensity=bins,
            poisson_gaussian=fit_poisson_gaussian(bins),
            images=tuple(self.images),
        )


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
