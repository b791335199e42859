"""Whether text is what the ending of its file says, whatever the names in it hold."""

import csv
import io
import json
from pathlib import PurePosixPath

from harness.testing.contracts.base import failing_with

SCRIPT = "<script>alert(1)"
"""What a page must never hold: the part of a name that a browser would run."""


def check_format(name: str, text: str) -> None:
    """See that a file is what its ending says; of other endings nothing is known.

    Raises:
        AssertionError: it is not; says what to do.
    """
    match PurePosixPath(name).suffix:
        case ".json":
            with failing_with(f"{name} is no JSON"):
                json.loads(text, parse_constant=_refuse)
        case ".csv" | ".tsv" as suffix:
            dialect = "excel" if suffix == ".csv" else "excel-tab"
            lengths = {len(row) for row in csv.reader(io.StringIO(text), dialect) if row}
            assert len(lengths) == 1, (
                f"rows of {name} have {' or '.join(map(str, sorted(lengths)))} fields: write them "
                "by the module csv, which quotes what must be quoted"
            )
        case ".html" | ".svg":
            assert SCRIPT not in text, f"a name is code in {name}: escape it with html.escape"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
