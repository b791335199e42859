"""Announces the datasets."""

from harness import DatasetSpec, ProtocolSpec, SubmissionSpec, hookimpl
from harness_datasets import (
    file_specs,
    matlab_specs,
    protocols,
    submissions,
    synthetic_specs,
)

PHOTOGRAPHS = "https://scikit-image.org/docs/stable/api/skimage.data.html"
PHOTOGRAPHS_LICENCE = (
    "of the photographs: public domain or CC0, the motorcycle from the Middlebury 2014 stereo "
    "benchmark; see skimage.data"
)


@hookimpl
def harness_register_datasets() -> list[DatasetSpec]:
    """Announce the built-in datasets."""
    return [
        DatasetSpec(
            name="camera",
            target="harness_datasets.camera:Camera",
            summary="Photographs through a simulated camera: the default, needs no download.",
            notes=(
                "Noise is added to the Bayer mosaic and developed with it, so it depends on the "
                "signal and correlates between neighbours. The clean image goes through the same "
                "camera without noise. Both are clipped as a camera clips, so the noise does not "
                "have zero mean. Noise is drawn once per image, never again."
            ),
            splits=("train", "test", "tune"),
            trains_on="camera",
            default=True,
            images="train: 5 of 0.7 to 2.3 megapixels; test: 15 of 256x256, from other parts; "
            "tune: 11 of 256x256, from other parts and other photographs",
            groups="none; blocks of one photograph share a scene",
            licence=PHOTOGRAPHS_LICENCE,
            licence_link=PHOTOGRAPHS,
            homepage=PHOTOGRAPHS,
        ),
        DatasetSpec(
            name="cameras",
            target="harness_datasets.cameras:Cameras",
            summary="The same photographs through many simulated cameras, drawn at random.",
            notes=(
                "To train models that are to work with any camera, as in Brooks et al., "
                "Unprocessing Images for Learned Raw Denoising (CVPR 2019, Sec. 3), from wider "
                "ranges: ISO 100 to 12800, exposure, colours of the scene, colour matrix, white "
                "balance, read noise and demosaicking are drawn for every image. A "
                "quarter is resized, and of a quarter the noisy image was a JPEG."
            ),
            splits=("train", "test", "tune"),
            trains_on="cameras",
            images="train: as many as asked for, 320x320; test: 15 of 256x256, from other parts; "
            "tune: 11 of 256x256, from other parts and other photographs",
            groups="iso",
            licence=PHOTOGRAPHS_LICENCE,
            licence_link=PHOTOGRAPHS,
            homepage=PHOTOGRAPHS,
        ),
        DatasetSpec(
            name="folder",
            target="harness_datasets.folder:Folder",
            summary="Your own images: a folder of noisy ones, or of noisy and clean pairs.",
            notes=(
                "Pairs are *_real with *_mean, *_N with *_CL, or equal names in the sub-folders "
                "noisy and clean. With layout=auto a file that belongs to no pair is an error; "
                "with a named layout it is left out. Bursts, a folder for each scene, are shots of "
                "the very same content: the first is denoised, the others are for metrics alone."
            ),
            needs_root=True,
            images="PNG, JPEG, TIFF or BMP, 8 or 16 bit, all grey or all colour",
            groups="none: every image is a scene of its own",
            size="yours",
            licence="yours",
            obtain="Put your images into a folder, which is the root.",
        ),
        *file_specs.SPECS,
        *matlab_specs.SPECS,
        *synthetic_specs.SPECS,
    ]


@hookimpl
def harness_register_protocols() -> tuple[ProtocolSpec, ...]:
    """Announce how papers score on these datasets."""
    return protocols.SPECS


@hookimpl
def harness_register_submissions() -> tuple[SubmissionSpec, ...]:
    """Announce what is sent to those who score these datasets."""
    return submissions.SPECS
