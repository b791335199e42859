"""Runs with all that they keep, made without training or testing anything."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from made_records import make_cell, make_fit_job, make_run, make_score

from harness.data.images import write_image
from harness.photos.comparing import PhotoPair
from harness.results.names import (
    CLEAN,
    IMAGES,
    LOSSES,
    NOISY,
    SCORES,
    originals_folder,
    picture_name,
)
from harness.results.records import CellRecord, FitRecord, ImageScore, Run, Score, StageRecord
from harness.results.serial import to_text
from harness.testing.made_run import HOSTILE as HOSTILE
from harness.util.files import digest_of, write_text

TIME = {
    "label": "Time",
    "protocol": "256x256",
    "measures": "method",
    "higher_is_better": False,
    "unit": "ms",
    "decimals": 1,
    "tolerance": 0.1,
    "depends_on_machine": True,
}
"""What a column of times says."""

PARAMETERS = {**TIME, "label": "Params", "protocol": "", "unit": "M", "decimals": 3}
"""What a column of parameters says."""


def keep_scores(run: Run, cell: CellRecord, scores: Iterable[ImageScore]) -> CellRecord:
    """Write the scores of a cell's images where the run has them; the record then names them."""
    path = run.folder_of(cell) / SCORES
    write_text(path, "".join(to_text(score) + "\n" for score in scores))
    return replace(cell, files={SCORES: digest_of(path)})


def make_kept_run(
    folder: Path,
    strengths: Mapping[str, float],
    *,
    dataset: str = "camera",
    scenes: int = 6,
    images_per_scene: int = 3,
    size: int = 0,
    hostile: str = "",
    seeds: Iterable[int] = (0,),
    of_cells: Mapping[str, Mapping[str, Any]] | None = None,
) -> Run:
    """A run of methods that differ by a constant, with the scores of all images.

    Args:
        folder: of the run; what it keeps lies beside it.
        strengths: the mean PSNR of every method.
        dataset: that they are tested on.
        scenes: how many.
        images_per_scene: how many.
        size: side of the pictures that are kept; 0 for none.
        hostile: added to the name of every image and scene.
        seeds: of every method.
        of_cells: more about the cells of a method, such as ``trained_on``.
    """
    run = replace(make_run(), folder=folder)
    names = [
        (f"{scene}-{image}{hostile}", f"scene {scene}{hostile}")
        for scene in range(scenes)
        for image in range(images_per_scene)
    ]
    cells, fits = [], []
    for method, strength in strengths.items():
        for seed in seeds:
            more = (of_cells or {}).get(method, {})
            cell = _cell(run, method, dataset, strength, names, seed, more)
            cells.append(cell)
            if cell.job.fit:
                fits.append(_fit(run, cell))
            if size:
                _keep_pictures(run, cell, [name for name, _ in names], size, strength)
    return replace(run, cells=tuple(cells), fits=tuple(fits))


def _cell(
    run: Run,
    method: str,
    dataset: str,
    strength: float,
    names: list[tuple[str, str]],
    seed: int,
    more: Mapping[str, Any],
) -> CellRecord:
    draw = np.random.default_rng([len(method), seed])
    values = [strength + draw.normal(0, 0.05) + index % 5 for index in range(len(names))]
    scenes = len({scene for _, scene in names})
    scores: list[Score] = [
        make_score(value=float(np.mean(values)), count=len(names), scenes=scenes),
        make_score("time", 100 / strength, spread=0.01, **TIME),
        make_score("parameters", strength / 100, **PARAMETERS),
    ]
    cell = make_cell(method, dataset, scores=scores, seed=seed, **more)
    own = [
        ImageScore(name, scene, "psnr", value)
        for (name, scene), value in zip(names, values, strict=True)
    ]
    return keep_scores(run, cell, own)


def _fit(run: Run, cell: CellRecord) -> FitRecord:
    job = cell.job.fit or make_fit_job()
    stage = StageRecord(name="only", iterations=100, seconds=5.0, final_loss=0.1)
    fit = FitRecord(job=job, status="done", stages=(stage,), trained_parameters=1000)
    points = [
        {"stage": 0, "iteration": at, "loss": 1 / at, "learning_rate": 1e-3, "seconds": at / 20}
        for at in range(10, 101, 10)
    ]
    write_text(run.folder_of(fit) / LOSSES, "".join(json.dumps(each) + "\n" for each in points))
    return fit


def _keep_pictures(
    run: Run, cell: CellRecord, names: Iterable[str], size: int, strength: float
) -> None:
    originals = originals_folder(run.root_of(cell), cell.job.data.fingerprint)
    rows, columns = np.mgrid[:size, :size]
    for index, name in enumerate(names):
        draw = np.random.default_rng(index)
        clean = 128 + 60 * np.sin((rows + index * columns) / 9)[..., np.newaxis]
        noise = draw.normal(0, 25, (size, size, 3))
        halves = {
            originals / NOISY: clean + noise,
            originals / CLEAN: clean + 0 * noise,
            run.folder_of(cell) / IMAGES: clean + noise * (10 / strength),
        }
        for folder, image in halves.items():
            path = folder / picture_name(name)
            if not path.exists():
                write_image(path, image.clip(0, 255).astype(np.uint8))


def make_photo_pairs(folder: Path, sizes: Mapping[str, tuple[int, int]]) -> list[PhotoPair]:
    """Photographs that are noisy most at their right, and the same without noise.

    Args:
        folder: where their files lie.
        sizes: height and width of each, by the name that the page has for it.
    """
    pairs = []
    for name, (height, width) in sizes.items():
        clean = np.full((height, width, 3), 128.0)
        strength = np.linspace(0, 40, width)[:, np.newaxis]
        noisy = clean + strength * np.random.default_rng(0).normal(size=clean.shape)
        number = len(list(folder.glob("*.png")))
        files = [folder / f"{number + at}.png" for at in (0, 1)]
        for path, image in zip(files, (noisy, clean), strict=True):
            write_image(path, image.clip(0, 255).astype(np.uint8))
        pairs.append(PhotoPair(name, *files))
    return pairs
