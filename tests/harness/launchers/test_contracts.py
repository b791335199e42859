"""The launchers of the harness keep the contract that those of others are held to."""

import pytest

from harness.testing.contracts import LauncherContract


class TestLocal(LauncherContract):
    name = "local"


@pytest.mark.slow
class TestAccelerate(LauncherContract):
    name = "accelerate"
