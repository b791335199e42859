"""All that is known of a run as JSON."""

from harness import SCHEMA, Run, ShownPublished, dump_json, plain_record, showing_published


def json_records(run: Run, published: ShownPublished = "agreeing") -> str:
    """Provenance and the record of every fit and cell; infinities are strings, ``"inf"``.

    Args:
        run: with its records.
        published: which published values the records hold; ``all``: each cell, under
            ``published``, also those beside which not all agrees.
    """
    run = showing_published(run, published)
    data = {
        "schema": SCHEMA,
        "kind": "run",
        "state": run.state,
        "provenance": run.provenance,
        "notes": run.notes,
        "fits": [plain_record(record) for record in run.fits],
        "cells": [plain_record(record) for record in run.cells],
    }
    return dump_json(data, indent=1) + "\n"
