"""What marks a row of the table: which test images training saw, and which part of a set it is."""

from collections.abc import Iterator

from harness.results.jobs import DataReference, Seen
from harness.results.records import CellRecord
from harness.runs import legend
from harness.runs.legend import Mark
from harness.util.text import counted, some


def tested_on(cell: CellRecord) -> str:
    """What it is tested on: the split unless it is ``test``, and how much of the set."""
    data = cell.job.data
    split = "" if cell.split == "test" else f" ({cell.split})"
    scenes = legend.TEST_SCENES(scenes=some(data.scenes)) if data.scenes else ""
    return ", ".join(filter(None, (cell.dataset + split, data.part, scenes)))


def seen_marks(cell: CellRecord) -> list[str]:
    """The training data in short words, with what it shares with the test images."""
    job, seen = cell.job, cell.job.seen
    if job.fit is None:
        return []
    own = job.trained_on_itself
    name = legend.OWN() if own else _trained_on(job.fit.data)
    noisy = "" if own else _counted(seen.noisy, seen, legend.OWN, legend.SOME)
    clean = _counted(seen.clean, seen, legend.OWN_CLEAN, legend.SOME_CLEAN)
    return [mark for mark in (name, noisy, clean) if mark]


def _trained_on(data: DataReference) -> str:
    """The training data, with how much of it there is, and that scenes were left out."""
    scenes = legend.OTHER_SCENES() if data.scenes else ""
    return ", ".join(filter(None, (data.label, data.part, scenes)))


def training_marks(cell: CellRecord, seconds: float | None) -> list[str]:
    """Training data, budget and time, and what sets the method apart, in short words.

    Args:
        cell: whose method was trained, or was not.
        seconds: wall time of training; None where there was none.
    """
    view = {"unpaired": legend.UNPAIRED, "pairs": legend.SUPERVISED}.get(cell.view)
    words = [
        legend.ORACLE() if cell.oracle else "",
        *seen_marks(cell),
        legend.CLEAN(dataset=cell.clean) if cell.clean else "",
        legend.WEIGHTS(file=cell.weights) if cell.weights else "",
        cell.budget,
        view() if view else "",
        legend.NARROWED() if cell.narrowed else "",
        "" if seconds is None else _duration(seconds),
    ]
    return [word for word in words if word]


def _duration(seconds: float) -> str:
    """A time as people say it: ``81 s``, ``12 min``, ``3.4 h``."""
    if seconds < 100:
        return legend.SECONDS(number=f"{seconds:.0f}")
    if seconds < 6000:
        return legend.MINUTES(number=f"{seconds / 60:.0f}")
    return legend.HOURS(number=f"{seconds / 3600:.1f}")


def seen_remarks(cell: CellRecord) -> Iterator[str]:
    """What the marks of :func:`seen_marks` mean, a sentence each."""
    job, seen = cell.job, cell.job.seen
    if job.trained_on_itself:
        yield f"{cell.method}: trained on the noisy test images of {cell.dataset}."
    elif seen.noisy:
        yield (
            f"{cell.method}: trained on {cell.trained_on}, which holds the noisy images of "
            f"{_share(seen.noisy, seen)} test images of {cell.dataset}."
        )
    if seen.clean:
        yield (
            f"{cell.method}: saw in training the clean images of {_share(seen.clean, seen)} test "
            f"images of {cell.dataset}, so its scores there say nothing of other images."
        )


def part_remarks(cell: CellRecord) -> Iterator[str]:
    """That a dataset is not whole, a sentence for each."""
    tested, fit = cell.job.data, cell.job.fit
    if tested.scenes:
        yield (
            f"{tested.label}: tested on {_scenes(tested)} alone, so no score there can be compared "
            "with published ones."
        )
    elif tested.part:
        yield _of_part(tested)
    for data in fit.datasets if fit else ():
        if data.scenes and not cell.job.trained_on_itself:
            yield f"{data.label}: trained on {_scenes(data)}, none of which is tested on."
        elif data.part and not data.scenes:
            yield _of_part(data)


def _of_part(data: DataReference) -> str:
    return (
        f"{data.label}: holds {data.part} images, so no score there can be compared with "
        "published ones."
    )


def _scenes(data: DataReference) -> str:
    return f"{counted(len(data.scenes), 'scene')} ({some(data.scenes)})"


def _counted(count: int, seen: Seen, everything: Mark, some: Mark) -> str:
    if not count:
        return ""
    return everything() if count == seen.images else some(number=count, total=seen.images)


def _share(count: int, seen: Seen) -> str:
    return f"all {count}" if count == seen.images else f"{count} of the {seen.images}"
