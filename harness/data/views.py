"""Who may see what: the only way from a dataset to a training stage.

A stage declares one view. Its sampler is made from the :class:`TrainingImages` of that view,
which hold pixels and nothing else: no sample, no file name, no dataset, no array of which an image
is a part. So the clean half of a pair is not reachable from a stage that learns from noisy images
alone; it is never even read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from mmap import mmap
from typing import Protocol, TypeVar

from harness.data.dataset import Image, Sample, read_pair
from harness.errors import DataError
from harness.specs import View


class _HasScene(Protocol):
    @property
    def scene(self) -> str: ...


_OfScene = TypeVar("_OfScene", bound=_HasScene)


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


def training_images(
    samples: Sequence[Sample], view: View, clean_samples: Sequence[Sample] = ()
) -> TrainingImages:
    """Read what a view shows, and nothing else.

    Args:
        samples: images to learn from.
        view: what the stage declares.
        clean_samples: images of other scenes, of whose clean halves ``unpaired`` takes; see
            :func:`split_by_scene`.

    Raises:
        DataError: there are no images, or clean images that the view needs are missing.
    """
    if not samples:
        raise DataError("there is no image to train on")
    if view == "pairs":
        return _pairs(samples)
    noisy = tuple(own_copy(sample.noisy()) for sample in samples)
    if view == "noisy":
        return TrainingImages(view, noisy)
    if not clean_samples:
        raise DataError("there is no clean image of another scene to train on")
    return TrainingImages(view, noisy, tuple(own_copy(_clean(sample)) for sample in clean_samples))


def shown_samples(
    samples: Sequence[Sample], view: View, clean_samples: Sequence[Sample] | None = None
) -> tuple[list[Sample], list[Sample]]:
    """Take from samples what training of a view may not read.

    Args:
        samples: the training split.
        view: the most that any stage sees.
        clean_samples: images of other scenes, of whose clean halves ``unpaired`` takes; None: those
            of every other scene of ``samples``.

    Returns:
        The samples to learn from, without their clean half unless the view is ``pairs``; and the
        samples whose clean half is taken, none if the view is ``noisy``. None has further shots.

    Raises:
        DataError: the view is ``unpaired``, no clean images are given, and all show one scene.
    """
    if view == "unpaired" and clean_samples is None:
        samples, clean_samples = split_by_scene(samples)
    others = [replace(sample, shots=()) for sample in clean_samples or ()]
    if view == "pairs":
        return [replace(sample, shots=()) for sample in samples], others
    without_clean = [replace(sample, clean=None, shots=()) for sample in samples]
    return without_clean, [] if view == "noisy" else others


def split_by_scene(samples: Sequence[_OfScene]) -> tuple[list[_OfScene], list[_OfScene]]:
    """Divide a training split for unpaired training: every other scene, and the scenes between.

    What is divided may be samples, or anything else that has a scene.

    A method that trains on clean images of some scenes must see no noisy image of them, in none
    of its stages.

    Raises:
        DataError: all images show one scene.
    """
    scenes = sorted({sample.scene for sample in samples})
    if len(scenes) < 2:
        raise DataError(
            "unpaired training takes noisy and clean images of different scenes, and these images "
            f"show only one scene, {scenes[0]!r}; name a dataset of clean images with --clean"
        )
    first = set(scenes[::2])
    return (
        [sample for sample in samples if sample.scene in first],
        [sample for sample in samples if sample.scene not in first],
    )


def _pairs(samples: Sequence[Sample]) -> TrainingImages:
    noisy, clean = [], []
    for sample in samples:
        noisy_image, clean_image = read_pair(sample)
        if clean_image is None:
            raise _without_ground_truth(sample)
        noisy.append(own_copy(noisy_image))
        clean.append(own_copy(clean_image))
    return TrainingImages("pairs", tuple(noisy), tuple(clean))


def _clean(sample: Sample) -> Image:
    if sample.clean is None:
        raise _without_ground_truth(sample)
    return sample.clean()


def own_copy(image: Image) -> Image:
    """Copy an image that is part of another array, for that may hold the clean one too.

    An image in a mapped file stays on disk; such a file holds clean images alone, or none.
    """
    owner: object = image.base
    return image if owner is None or isinstance(owner, mmap) else image.copy()


def _without_ground_truth(sample: Sample) -> DataError:
    return DataError(f"image {sample.name!r} has no clean image, which this method trains on")
