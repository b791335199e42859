"""Who may see what: the only way from a dataset to a training stage.

A stage declares one view. Its sampler is made from the :class:`TrainingImages` of that view,
which hold pixels and nothing else: no sample, no file name, no dataset, no array of which an image
is a part. So the clean half of a pair is not reachable from a stage that learns from noisy images
alone; it is never even read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from mmap import mmap

from harness.dataset import Image, Sample, read_pair
from harness.errors import DataError
from harness.specs import View

VIEWS: tuple[View, ...] = ("noisy", "unpaired", "pairs")
"""From the least to the most."""


@dataclass(frozen=True)
class TrainingImages:
    """The pixels of a view.

    Attributes:
        view: which one.
        noisy: the noisy images.
        clean: none for ``noisy``; images of other scenes for ``unpaired``; the clean images of
            ``noisy``, in the same order, for ``pairs``.
    """

    view: View
    noisy: tuple[Image, ...]
    clean: tuple[Image, ...] = ()


def training_images(samples: Sequence[Sample], view: View) -> TrainingImages:
    """Read what a view shows, and nothing else.

    Args:
        samples: a training split.
        view: what the stage declares.

    Raises:
        DataError: the split has no images, or lacks clean images or scenes that the view needs.
    """
    if not samples:
        raise DataError("there is no image to train on")
    if view == "noisy":
        return TrainingImages(view, tuple(_alone(sample.noisy()) for sample in samples))
    if view == "unpaired":
        return _unpaired(samples)
    return _pairs(samples)


def _pairs(samples: Sequence[Sample]) -> TrainingImages:
    noisy, clean = [], []
    for sample in samples:
        noisy_image, clean_image = read_pair(sample)
        if clean_image is None:
            raise _without_truth(sample)
        noisy.append(_alone(noisy_image))
        clean.append(_alone(clean_image))
    return TrainingImages("pairs", tuple(noisy), tuple(clean))


def _unpaired(samples: Sequence[Sample]) -> TrainingImages:
    """Take the noisy images of every other scene, and the clean images of the scenes between."""
    scenes = sorted({sample.scene for sample in samples})
    if len(scenes) < 2:
        raise DataError(
            "unpaired training takes noisy and clean images of different scenes, "
            f"and these images show only one scene, {scenes[0]!r}"
        )
    noisy_scenes = set(scenes[::2])
    clean = []
    for sample in samples:
        if sample.scene in noisy_scenes:
            continue
        if sample.clean is None:
            raise _without_truth(sample)
        clean.append(_alone(sample.clean()))
    noisy = tuple(_alone(sample.noisy()) for sample in samples if sample.scene in noisy_scenes)
    return TrainingImages("unpaired", noisy, tuple(clean))


def _alone(image: Image) -> Image:
    """Copy an image that is part of another array, for that may hold the clean one too.

    An image that is a mapped file stays on disk.
    """
    owner: object = image.base
    return image if owner is None or isinstance(owner, mmap) else image.copy()


def _without_truth(sample: Sample) -> DataError:
    return DataError(f"image {sample.name!r} has no clean image, which this method trains on")
