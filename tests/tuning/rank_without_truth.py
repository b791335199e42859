"""Checks the scores without ground truth against the truth: do they rank methods as PSNR does?

::

    python tests/tuning/rank_without_truth.py ../shared/data

The folder holds ``cc15``, ``polyu`` and ``sidd-validation-blocks``; what is missing is left out.
Methods are trained on ``camera`` with the budget ``quick`` and tested on 256x256 pixels from the
middle of images: as they are; on every fourth pixel of them, of which the four phases stand for
four shots; and on clean images to which white noise was added four times. For each score the
table has its rank correlation with PSNR over methods, and what PSNR is lost by who picks the best
method by it. Results are kept in ``--out``, so a second call does only what is new.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from tabulate import tabulate

import harness

METHODS = (
    "identity",
    "guided-filter[eps=0.001]",
    "guided-filter",
    "guided-filter[radius=4,eps=0.005]",
    "guided-filter[radius=8,eps=0.1]",
    "nlm",
    "nlm[strength=2]",
    "tv",
    "tv[strength=4]",
    "n2v",
    "dbsn",
    "apbsn",
    "amsnet",
    "ssid",
    "n2c",
)
"""From those that do nothing to those that smooth too much; the slowest on a CPU is left out."""

METRICS = "psnr,upsnr,residual-correlation,residual-structure"
CAMERA = "camera[shots=3]"
SIDE = 256  # pixels
SIGMA = 12  # grey levels of the white noise
RANGE = (51, 204)  # grey levels of the clean images below it, so that nothing is clipped
WHITE_IMAGES = 2  # of every set
EVERY = {"cc15": 1, "polyu": 10, "sidd": 4}  # of so many images one is taken

Image = NDArray[np.uint8]
Table = Mapping[str, Mapping[str, float]]
"""Scores of images by method."""


@dataclass(frozen=True)
class Agreement:
    """How far a score ranks methods as PSNR does; correlations are 1 where it ranks the same.

    Attributes:
        images: that have both scores.
        methods: that have both scores, on any image.
        spearman: over methods, mean over images.
        kendall: the same.
        of_means: Spearman's of the means over images.
        lost: PSNR of the best method minus that of the one that the score picks, mean over images.
        lost_by_means: the same where one method is picked for all images, by the means.
    """

    images: int
    methods: int
    spearman: float
    kendall: float
    of_means: float
    lost: float
    lost_by_means: float


def agreement(scores: Table, truth: Table, sign: int) -> Agreement:
    """Compare a score with the truth, both by method and image.

    Args:
        scores: of the metric.
        truth: PSNR.
        sign: 1 where higher scores are better, else -1.
    """
    both = {m: scores[m].keys() & truth[m].keys() for m in scores.keys() & truth.keys()}
    methods = sorted(method for method, images in both.items() if images)
    images = sorted(set.union(*both.values()))
    pairs = [
        [(sign * scores[m][image], truth[m][image]) for m in methods if image in both[m]]
        for image in images
    ]
    ranked = [np.array(pair) for pair in pairs if len(pair) > 2]
    whole = [m for m in methods if len(both[m]) == len(images)]
    means = np.array([[fmean(t[m][i] for i in images) for t in (scores, truth)] for m in whole]) * (
        sign,
        1,
    )
    return Agreement(
        images=len(ranked),
        methods=len(methods),
        spearman=_mean(lambda pair: stats.spearmanr(*pair.T).statistic, ranked),
        kendall=_mean(lambda pair: stats.kendalltau(*pair.T).statistic, ranked),
        of_means=float(stats.spearmanr(*means.T).statistic),
        lost=_mean(_lost, ranked),
        lost_by_means=_lost(means),
    )


def _mean(number: Callable[[NDArray[np.float64]], float], ranked: Sequence[object]) -> float:
    return fmean(float(number(pair)) for pair in ranked)  # type: ignore[arg-type]


def _lost(pair: NDArray[np.float64]) -> float:
    scores, truth = pair.T
    return float(truth.max() - truth[scores.argmax()])


def write_sets(data: Path, out: Path) -> dict[str, str]:
    """Write the images to test on, as bursts.

    Returns:
        Selectors, as the run calls them, by name: of the images as they are, ``NAME``, of the
        phases, ``NAME, phases``, and of ``white noise``.
    """
    registry = harness.load_plugins()
    found = {"camera": CAMERA}
    for name, folder, kind in (
        ("cc15", "cc15", "cc15"),
        ("polyu", "polyu", "polyu"),
        ("sidd", "sidd-validation-blocks", "folder"),
    ):
        if (data / folder).is_dir():
            found[name] = f"{kind}[root={data / folder}]"
    selectors = {}
    for name, selector in found.items():
        samples = harness.open_split(registry, registry.choose("dataset", selector), "test")
        real, phases = out / name, out / f"{name}-phases"
        for number, sample in enumerate(samples[:: EVERY.get(name, 1)]):
            noisy, clean = (_middle(image) for image in harness.read_pair(sample))
            write_burst(real / sample.name, [noisy], clean)
            write_burst(phases / sample.name, [*phases_of(noisy)], next(phases_of(clean)))
            if number < WHITE_IMAGES:
                write_burst(out / "white" / f"{name}-{sample.name}", *white(clean, number))
        selectors[name] = CAMERA if name == "camera" else _bursts(real)
        selectors[f"{name}, phases"] = _bursts(phases)
    selectors["white noise"] = _bursts(out / "white")
    return {name: registry.choose("dataset", text).label for name, text in selectors.items()}


def write_burst(folder: Path, shots: Sequence[Image], clean: Image) -> None:
    """Write a scene of ``folder[layout=bursts]``."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, shot in enumerate(shots, 1):
        harness.write_image(folder / f"{number}.png", shot)
    harness.write_image(folder / "clean.png", clean)


def phases_of(image: Image) -> Iterator[Image]:
    """The four images of every second row and column."""
    for top in (0, 1):
        for left in (0, 1):
            yield np.ascontiguousarray(image[top::2, left::2])


def white(clean: Image, seed: int) -> tuple[list[Image], Image]:
    """Four shots with white noise that nowhere needs clipping, and their clean image."""
    low, high = RANGE
    levels = np.rint(low + clean * ((high - low) / 255))
    generator = np.random.default_rng(seed)
    shots = [levels + generator.normal(0, SIGMA, levels.shape) for _ in range(4)]
    return [shot.round().clip(0, 255).astype(np.uint8) for shot in shots], levels.astype(np.uint8)


def _middle(image: harness.Image | None) -> Image:
    assert image is not None
    assert image.dtype == np.uint8
    top, left = ((length - min(SIDE, length)) // 2 for length in image.shape[:2])
    return np.ascontiguousarray(image[top : top + SIDE, left : left + SIDE])


def _bursts(folder: Path) -> str:
    return f"folder[root={folder.resolve()},layout=bursts]"


def tables(run: harness.Run, dataset: str) -> dict[str, dict[str, dict[str, float]]]:
    """The scores of images on a dataset by metric and method."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for cell in run.cells:
        if cell.job.data.label == dataset:
            for score in harness.image_scores(run, cell):
                if score.value is not None:
                    of_method = found.setdefault(score.metric, {}).setdefault(cell.method, {})
                    of_method[score.image] = score.value
    return found


def rows(run: harness.Run, selectors: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    """The table: a score on a dataset, and how it agrees with PSNR there."""
    for name, selector in selectors.items():
        scores = tables(run, selector)
        truth = scores.pop("psnr")
        if name.endswith(", phases"):  # what is to be known is PSNR of the whole image
            truth = tables(run, selectors[name.removesuffix(", phases")])["psnr"]
        for metric, own in scores.items():
            if name.endswith(", phases") and metric != "upsnr":
                continue
            found = agreement(own, truth, 1 if metric == "upsnr" else -1)
            yield (metric, name, *vars(found).values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of the real photographs")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--budget", default="quick")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("ranking"))
    given = parser.parse_args(arguments)
    selectors = write_sets(given.data, given.out / "sets")
    run = harness.run(
        harness.Request(
            methods=given.methods,
            datasets=tuple(selectors.values()),
            metrics=METRICS,
            train="camera",
            budget=given.budget,
            device="cpu",
            jobs=given.jobs,
            images=0,
            out=given.out / "runs",
        )
    )
    for cell in run.cells:
        if cell.status != "done":
            print(f"{cell.method} on {cell.job.data.label}: {cell.status}", file=sys.stderr)
    heads = ["score", "images of", "images", "methods", "Spearman", "Kendall", "of means"]
    heads += ["lost, dB", "by means"]
    print(tabulate(sorted(rows(run, selectors)), heads, "pipe", floatfmt=".2f"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
