"""Runs whose jobs start nothing."""

import pytest
from fake_launcher import THREADS, OneLauncher

from harness.plugin.registry import Registry, load_registry
from harness.results.plan import Plan
from harness.results.records import Run
from harness.runs.attempt import Execution
from harness.runs.executor import execute
from harness.runs.folder import RunWriter
from harness.runs.slots import Device, Queue, Slots
from harness.runs.store import Store
from harness.specs import LoadSettings


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry(LoadSettings())


@pytest.fixture
def carry_out(registry, tmp_path):
    """Carries out cells, with the fits they need, on a CPU or on GPUs; returns the run."""

    def carry_out(launcher, *cells, slots=4, gpus=0, folder="runs", **how) -> Run:
        plan = Plan(cells)
        store = Store(tmp_path / folder)
        devices = [
            Device(slots=len(range(index, slots, gpus or 1)), gpu=index if gpus else None)
            for index in range(gpus or 1)
        ]
        places = Queue(slots) if launcher.schedules else Slots(slots, devices, THREADS)
        return execute(
            plan,
            registry,
            store,
            RunWriter(store.root, {}, plan),
            OneLauncher(launcher),
            places,
            Execution(**how),
        )

    return carry_out
