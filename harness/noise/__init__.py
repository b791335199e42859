"""What the noise of a set of images is like, and what that means for methods."""

from harness.noise.correlation import (
    CORRELATION_MAPS,
    CorrelationMap,
    Definition,
    DirectionCorrelation,
    PooledCorrelation,
)
from harness.noise.intensity import IntensityBin, PoissonGaussian
from harness.noise.observation import Observation, observe_pairs, observe_residuals
from harness.noise.profile import RADIUS, Correlation, NoiseProfile, measure_noise
from harness.noise.statistics import ChannelNoise, ImageNoise, ceiling_of
from harness.noise.suggestion import THRESHOLD, Remaining, Suggestion, suggest

__all__ = [
    "CORRELATION_MAPS",
    "RADIUS",
    "THRESHOLD",
    "ChannelNoise",
    "Correlation",
    "CorrelationMap",
    "Definition",
    "DirectionCorrelation",
    "ImageNoise",
    "IntensityBin",
    "NoiseProfile",
    "Observation",
    "PoissonGaussian",
    "PooledCorrelation",
    "Remaining",
    "Suggestion",
    "ceiling_of",
    "measure_noise",
    "observe_pairs",
    "observe_residuals",
    "suggest",
]
