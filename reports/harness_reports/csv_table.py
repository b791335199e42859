"""The table of a run as comma-separated values."""

import csv
import io

from harness import MeanScore, Row, Run, ShownPublished, summarise

_FACTS = (
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
    "trained_parameters",
    "seeds",
    "status",
    "error",
)


def csv_table(run: Run, published: ShownPublished = "agreeing") -> str:
    """A line per row of the table; numbers in full precision, infinity as ``inf``.

    Every metric has three columns: the mean over seeds, its standard deviation, and the published
    value. A field is empty where there is no number. With ``published=all`` the last column says
    what is published under other conditions, values separated by bars.

    Args:
        run: with its records.
        published: which published values are shown.
    """
    summary = summarise(run, published)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    headers = [column.header for column in summary.columns]
    apart = ["published apart"] if published == "all" else []
    writer.writerow(
        [
            *_FACTS,
            *(f"{head}{part}" for head in headers for part in ("", " std", " published")),
            *apart,
        ]
    )
    for row in summary.rows:
        numbers = [number for value in row.values for number in _numbers(value)]
        writer.writerow([*_facts(row), *numbers, *([_apart(row)] if apart else [])])
    return text.getvalue()


def _facts(row: Row) -> list[str]:
    cell = row.cell
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
        "" if row.trained_parameters is None else str(row.trained_parameters),
        " ".join(str(each.seed) for each in row.cells),
        row.status or "done",
        "; ".join(dict.fromkeys(each.error for each in row.cells if each.error)),
    ]


def _apart(row: Row) -> str:
    """What is published under other conditions, and what differs."""
    return " | ".join(
        f"{each.score} = {each.value:g}: {each.source}; {'; '.join(each.differs)}"
        for each in row.cell.published
    )


def _numbers(value: MeanScore | None) -> list[str]:
    if value is None:
        return ["", "", ""]
    numbers = (value.mean, value.spread, value.published)
    return ["" if number is None else repr(number) for number in numbers]
