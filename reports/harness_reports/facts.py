"""What a cell is, as the first fields of a row."""

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

Field = str | int | float | bool | None
"""What a field of a row holds: a text, a number, yes or no, or nothing."""


def facts_of(cell: CellRecord) -> list[Field]:
    """A field for each of :data:`FACTS`."""
    return [
        cell.method,
        cell.dataset,
        cell.split,
        ", ".join(filter(None, (cell.job.data.part, cell.job.data.scenes_text))),
        cell.trained_on,
        cell.train_split,
        cell.clean,
        cell.job.seen.noisy,
        cell.job.seen.clean,
        cell.weights,
        cell.budget,
        " ".join(f"{key}={value}" for key, value in cell.narrowed.items()),
        cell.view,
        cell.oracle,
    ]


def text_of(field: Field) -> str:
    """A field as CSV has it: numbers in full precision, ``inf``, ``true``, empty for nothing."""
    if isinstance(field, bool):
        return str(field).lower()
    return "" if field is None else repr(field) if isinstance(field, float) else str(field)
