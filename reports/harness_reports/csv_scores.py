"""Every score of a run, those of single images included, as comma-separated values."""

import csv
import io

from harness import Run, ShownPublished
from harness_reports.facts import text_of
from harness_reports.long_form import COLUMNS, rows_of


def csv_scores(run: Run, published: ShownPublished = "agreeing") -> str:
    """A line per score, of cells and of images; the columns are described in docs/reports.md.

    Numbers have full precision, infinity is ``inf``, yes and no are ``true`` and ``false``, and a
    field is empty where there is nothing; several things in one field are separated by semicolons,
    and ``details`` is JSON.

    Args:
        run: with its records.
        published: ``none`` leaves out the published values, which stand beside scores that can be
            compared with them.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(text_of, row) for row in rows_of(run, published))
    return text.getvalue()
