"""All that is known of a run as JSON."""

from harness import SCHEMA, Run, dump_json, load_json, to_json


def json_records(run: Run) -> str:
    """Provenance and the record of every fit and cell; infinities are strings, ``"inf"``."""
    data = {
        "schema": SCHEMA,
        "state": run.state,
        "provenance": run.provenance,
        "fits": [load_json(to_json(record)) for record in run.fits],
        "cells": [load_json(to_json(record)) for record in run.cells],
    }
    return dump_json(data, indent=1) + "\n"
