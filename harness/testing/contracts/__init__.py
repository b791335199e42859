"""What plugins of a kind must do, as classes of tests that the test suite of a plugin derives from.

::

    from harness.testing.contracts import MethodContract

    class TestMine(MethodContract):
        name = "mine"

Each test fails with one line: what is wrong, and what to do. A test that has nothing to say of a
plugin, such as that of tiles of a method that is never tiled, is skipped with the reason. The
classes need nothing of pytest, whose plain test classes they are; ``harness check NAME`` carries
out the same tests.
"""

from harness.testing.contracts.base import Contract
from harness.testing.contracts.dataset import DatasetContract
from harness.testing.contracts.launcher import LauncherContract
from harness.testing.contracts.method import MethodContract
from harness.testing.contracts.metric import MetricContract
from harness.testing.contracts.model import ModelContract
from harness.testing.contracts.network import NetworkContract
from harness.testing.contracts.report import ReportContract
from harness.testing.contracts.viewer import ViewerContract

__all__ = [
    "Contract",
    "DatasetContract",
    "LauncherContract",
    "MethodContract",
    "MetricContract",
    "ModelContract",
    "NetworkContract",
    "ReportContract",
    "ViewerContract",
]
