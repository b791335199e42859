"""What marks a row of the table: which test images training saw, and which part of a set it is."""

from collections.abc import Iterator

from harness.results.jobs import DataReference, Seen
from harness.results.records import CellRecord


def tested_on(cell: CellRecord) -> str:
    """What it is tested on: the split unless it is ``test``, and how much of the set."""
    split = "" if cell.split == "test" else f" ({cell.split})"
    part = cell.job.data.part
    return cell.dataset + split + (f", {part}" if part else "")


def seen_marks(cell: CellRecord) -> list[str]:
    """The training data in short words, with what it shares with the test images."""
    job, seen = cell.job, cell.job.seen
    if job.fit is None:
        return []
    own = job.trained_on_itself
    name = [] if own else [job.fit.data.marked]
    noisy = [_counted(seen.noisy, seen, "test images")] if seen.noisy and not own else []
    clean = [_counted(seen.clean, seen, "clean test images")] if seen.clean else []
    return [*name, *(["its test images"] if own else noisy), *clean]


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
    fit = cell.job.fit
    for data in (cell.job.data, *(fit.datasets if fit else ())):
        if data.part:
            yield _of_part(data)


def _of_part(data: DataReference) -> str:
    return (
        f"{data.label}: holds {data.part} images, so no score there can be compared with "
        "published ones."
    )


def _counted(count: int, seen: Seen, what: str) -> str:
    return f"its {what}" if count == seen.images else f"{count} of {seen.images} {what}"


def _share(count: int, seen: Seen) -> str:
    return f"all {count}" if count == seen.images else f"{count} of the {seen.images}"
