"""The git commits of the sources that a job's numbers come from."""

import subprocess
from collections.abc import Iterable
from importlib import util
from pathlib import Path

from harness.plugin.registry import Registry
from harness.results.jobs import CellJob, FitJob
from harness.results.machine import Commit


def packages_of(job: FitJob | CellJob, registry: Registry) -> set[str]:
    """Import names of the packages of the plugins that a job needs."""
    targets = {registry.find(each.kind, each.name).spec.target for each in job.references()}
    return {target.partition(":")[0].partition(".")[0] for target in targets}


def commits(packages: Iterable[str]) -> dict[str, Commit]:
    """The git commit that each package was imported from, and whether its folder was changed.

    Packages that do not lie in a git checkout are left out.
    """
    found = {}
    for package in sorted(set(packages)):
        spec = util.find_spec(package)
        if spec is None or not spec.origin:
            continue
        folder = Path(spec.origin).parent
        if commit := _git(folder, "rev-parse", "HEAD"):
            changed = _git(folder, "status", "--porcelain", "--", ".")
            found[package] = Commit(commit=commit, dirty=bool(changed))
    return found


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
