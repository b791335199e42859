"""All that is known of a run as JSON."""

from harness import SCHEMA, Run, dump_json, plain_record


def json_records(run: Run) -> str:
    """Provenance and the record of every fit and cell; infinities are strings, ``"inf"``."""
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
