"""A plugin for tests of launchers: a method that waits, and a dataset of one small image."""

import subprocess
import sys
import time
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from harness.data.dataset import Dataset, Image, Sample
from harness.methods.method import Method
from harness.plugin.hooks import hookimpl
from harness.specs import DatasetSpec, MethodSpec, NonNegative

METHOD, DATASET = "harness-testing-waits", "harness-testing-grey"
"""Names of what this plugin brings."""

SAYING = "waiting beside process "
"""What the method prints before it waits, followed by the process that it started."""


@hookimpl
def harness_register_methods() -> MethodSpec:
    """Announce the method."""
    return MethodSpec(name=METHOD, target=f"{__name__}:Waits", summary="Waits, for a test.")


@hookimpl
def harness_register_datasets() -> DatasetSpec:
    """Announce the dataset."""
    return DatasetSpec(name=DATASET, target=f"{__name__}:Grey", summary="Grey, for a test.")


class Waits(Method):
    """Starts a process, says so, and waits.

    Args:
        seconds: how long it waits.
    """

    receptive_radius = 0

    def __init__(self, seconds: NonNegative = 0) -> None:
        super().__init__()
        self.seconds = seconds

    def denoise(self, noisy: Tensor) -> Tensor:
        """Return the batch as it is, after a while."""
        program = f"import time; time.sleep({self.seconds})"
        child = subprocess.Popen([sys.executable, "-c", program])
        print(f"{SAYING}{child.pid}", flush=True)
        time.sleep(self.seconds)
        child.wait()
        return noisy


class Grey(Dataset):
    """One image of one grey level."""

    def samples(self, split: str) -> Sequence[Sample]:
        """The image."""
        return [Sample(name="grey", scene="grey", noisy=_grey, clean=_grey)]


def _grey() -> Image:
    return np.full((8, 8, 3), 128, np.uint8)
