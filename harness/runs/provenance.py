"""Where the numbers of a run come from: versions, commits, hardware, the command."""

import json
import logging
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib import util
from pathlib import Path
from typing import Any

from harness.results.serial import dump_json
from harness.util.text import one_line
from harness.worker.machine import processor_name, versions

_log = logging.getLogger(__name__)


def commits(packages: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The git commit that each package was imported from, and whether its tree was changed.

    Packages that do not lie in a git checkout are left out.
    """
    found = {}
    for package in sorted(set(packages)):
        spec = util.find_spec(package)
        if spec is None or not spec.origin:
            continue
        commit = _git(Path(spec.origin).parent, "rev-parse", "HEAD")
        if commit:
            changed = _git(Path(spec.origin).parent, "status", "--porcelain", "--", ".")
            found[package] = {"commit": commit, "dirty": bool(changed)}
    return found


def provenance(
    packages: Iterable[str], seeds: Iterable[int], extra: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Where the numbers of a run come from.

    Args:
        packages: import names of the harness and of the plugins in use.
        seeds: of the run.
        extra: what plugins add.
    """
    found: dict[str, Any] = {
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "folder": str(Path.cwd()),
        "versions": versions(),
        "commits": commits(packages),
        "seeds": list(seeds),
        "host": platform.node(),
        "system": platform.platform(),
        "processor": processor_name(),
        "threads": os.environ.get("OMP_NUM_THREADS", "default"),
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


def _git(folder: Path, *arguments: str) -> str:
    try:
        result = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""
