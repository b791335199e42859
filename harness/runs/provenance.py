"""Which command made a run; where and with what its numbers were measured, its records say."""

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.results.serial import dump_json
from harness.util.text import one_line

_log = logging.getLogger(__name__)


def provenance(seeds: Iterable[int], extra: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Which command made a run, and where it was given.

    Args:
        seeds: of the run.
        extra: what plugins add.
    """
    found: dict[str, Any] = {
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "folder": str(Path.cwd()),
        "seeds": list(seeds),
    }
    for added in extra:
        found.update(_checked(added))
    return found


def _checked(added: Any) -> dict[str, Any]:
    """What a plugin adds, if it is a mapping that can be written; else it is left out, aloud."""
    try:
        if not isinstance(added, Mapping):
            raise TypeError(f"it is a {type(added).__name__}, and no mapping")
        written: dict[str, Any] = json.loads(dump_json(added))
    except (TypeError, ValueError, RecursionError) as error:
        _log.warning("what a plugin's harness_provenance returned is left out: %s", one_line(error))
        return {}
    return written
