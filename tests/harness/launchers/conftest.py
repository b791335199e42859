"""A Slurm for tests, where there can be one."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import slurm_cluster
from slurm_cluster import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster of one node, which this process and all that it starts use."""
    if reason := slurm_cluster.why_not():
        pytest.skip(reason)
    with (
        tempfile.TemporaryDirectory(prefix="slurm-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        Path(folder).chmod(0o755)  # munge is careful
        made = Cluster(Path(folder))
        patch.setenv("SLURM_CONF", str(made.configuration))
        try:
            made.start()
            yield made
        finally:
            made.stop()
