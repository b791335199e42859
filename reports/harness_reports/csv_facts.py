"""What a cell is, as the first fields of a line of comma-separated values."""

from harness import CellRecord

FACTS = (
    "method",
    "dataset",
    "split",
    "part",
    "trained_on",
    "train_split",
    "clean",
    "test_images_seen",
    "clean_test_images_seen",
    "weights",
    "budget",
    "narrowed",
    "view",
    "oracle",
)


def facts_of(cell: CellRecord) -> list[str]:
    """A text for each of :data:`FACTS`."""
    return [
        cell.method,
        cell.dataset,
        cell.split,
        cell.job.data.part,
        cell.trained_on,
        cell.train_split,
        cell.clean,
        str(cell.job.seen.noisy),
        str(cell.job.seen.clean),
        cell.weights,
        cell.budget,
        " ".join(f"{key}={value}" for key, value in cell.narrowed.items()),
        cell.view,
        str(cell.oracle).lower(),
    ]


def number(value: float | None) -> str:
    """A number in full precision, infinity as ``inf``; empty for none."""
    return "" if value is None else repr(value)
