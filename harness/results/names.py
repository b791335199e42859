"""The names of the files and folders in which results lie."""

import hashlib
from pathlib import Path

from harness.results.keys import KEY_LENGTH

JOB = "job.json"
"""In a job's folder: what is to be done."""

LAUNCHER = "launcher.txt"
"""In a job's folder, as long as it may go on without the command that started it: with what."""

RECORD = "record.json"
"""In a job's folder: how the job ended."""

LOG = "log.txt"
"""In a job's folder: what its process printed."""

WEIGHTS = "weights.safetensors"
"""In a fit's folder: the trained weights."""

CHECKPOINT, LOSSES = "checkpoint", "losses.jsonl"
"""In a fit's folder: what it goes on from, and its loss curve, which goes on with it."""

PREVIEWS = "previews"
"""In a fit's folder: what it makes of some training crops, from time to time, for trackers."""

SCORES, IMAGES = "scores.jsonl", "images"
"""In a cell's folder: a line per image and metric, and denoised images."""

NOISY, CLEAN = "noisy", "clean"
"""In the folder of a dataset's images: what the denoised images are looked at beside."""

_HOMES = {"fit": "fits", "cell": "cells"}


def job_folder(root: Path, kind: str, key: str) -> Path:
    """The folder of a job below the folder of all results."""
    return root / _HOMES[kind] / key


def originals_folder(root: Path, fingerprint: str) -> Path:
    """The folder of those test images of which denoised ones are kept, below that of all results.

    Args:
        root: the folder of all results.
        fingerprint: of the data, any text.
    """
    digest = hashlib.sha256(fingerprint.encode()).hexdigest()
    return root / IMAGES / digest[:KEY_LENGTH]


def picture_name(image: str) -> str:
    """The name of the file of an image, noisy, denoised or clean, by the name of its sample."""
    return f"{image.replace('/', '_')}.png"


def root_of(folder: Path) -> Path:
    """The folder of all results, from that of a job."""
    return folder.parents[1]
