"""All that is known of a run as JSON."""

from harness import SCHEMA, Run, ShownPublished, dump_json, plain_record, showing_published
from harness_reports.long_form import COLUMNS, LONG_SCHEMA, rows_of


def json_records(run: Run, published: ShownPublished = "agreeing") -> str:
    """Provenance, the record of every fit and cell, and every score, those of images included.

    Infinities are strings, ``"inf"``; ``scores`` has a name for every column and a list of fields
    for every row, as docs/reports.md describes them.

    Args:
        run: with its records.
        published: which published values the records hold; ``all``: each cell, under
            ``published``, also those beside which not all agrees.
    """
    run = showing_published(run, published)
    data = {
        "schema": SCHEMA,
        "kind": "run",
        "title": run.title,
        "state": run.state,
        "provenance": run.provenance,
        "notes": run.notes,
        "fits": [plain_record(record) for record in run.fits],
        "cells": [plain_record(record) for record in run.cells],
    }
    head = dump_json(data, indent=1).removesuffix("\n}")
    return f'{head},\n "scores": {_scores(run)}\n}}\n'


def _scores(run: Run) -> str:
    """All scores, a row on a line; a dataset may have thousands of images."""
    columns, rows = dump_json(COLUMNS), ",\n".join(map(dump_json, rows_of(run)))
    return f'{{"schema": {LONG_SCHEMA}, "columns": {columns}, "data": [\n{rows}\n]}}'
