"""The names of the files and folders in which results lie."""

from pathlib import Path

JOB = "job.json"
"""In a job's folder: what is to be done."""

RECORD = "record.json"
"""In a job's folder: how the job ended."""

LOG = "log.txt"
"""In a job's folder: what its process printed."""

WEIGHTS = "weights.safetensors"
"""In a fit's folder: the trained weights."""

CHECKPOINT, LOSSES = "checkpoint", "losses.jsonl"
"""In a fit's folder: what it goes on from, and its loss curve, which goes on with it."""

SCORES, IMAGES = "scores.jsonl", "images"
"""In a cell's folder: a line per image and metric, and denoised images."""

_HOMES = {"fit": "fits", "cell": "cells"}


def job_folder(root: Path, kind: str, key: str) -> Path:
    """The folder of a job below the folder of all results."""
    return root / _HOMES[kind] / key


def root_of(folder: Path) -> Path:
    """The folder of all results, from that of a job."""
    return folder.parents[1]
