"""What jobs will cost: time, memory and disk, from jobs like them that have ended."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

import psutil
import torch

from harness.errors import HarnessError
from harness.launchers import Resources
from harness.methods.construction import without_memory
from harness.plugin.blame import FAILURES
from harness.plugin.registry import Registry
from harness.results.jobs import CellJob, FitJob
from harness.results.keys import key_of
from harness.results.machine import Machine
from harness.results.names import RECORD
from harness.results.records import CellRecord, FitRecord, from_json
from harness.results.reference import Reference
from harness.runs.inventory import size_of
from harness.runs.store import Store
from harness.training.budget import divide, parse_budget
from harness.util.text import counted
from harness.worker.machine import device_name, processor_name

UNKNOWN = "unknown"
OF_BUDGET = "as the budget says"

Job = FitJob | CellJob


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a job will cost; None for what is not known.

    Attributes:
        seconds: wall time.
        memory: bytes; of the GPU where the job computes on one, else of the machine.
        disk: bytes of what the job keeps.
        source: what says so, such as ``from 3 finished fits``.
    """

    seconds: float | None = None
    memory: int | None = None
    disk: int | None = None
    source: str = UNKNOWN


NOTHING = Cost(seconds=0.0, memory=0, disk=0, source="nothing to do")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a job took that has ended, or a part of one.

    Attributes:
        seconds: wall time beside the steps of training.
        rates: seconds per step, by stage; empty for a cell.
        iterations: steps that were counted, by stage.
        memory: as in :class:`Cost`.
        disk: as in :class:`Cost`.
        probed: what was measured, if it was a part, such as ``from 37 measured steps``; else empty.
    """

    seconds: float
    rates: tuple[float, ...] = ()
    iterations: tuple[int, ...] = ()
    memory: int | None = None
    disk: int | None = None
    probed: str = ""

    @classmethod
    def of(cls, record: FitRecord | CellRecord, folder: Path) -> "Measured":
        """What a finished job took; one that was resumed counts its last part and all its steps."""
        stages = record.stages if isinstance(record, FitRecord) else ()
        return cls(
            seconds=max(0.0, record.seconds - sum(stage.seconds for stage in stages)),
            rates=tuple(stage.seconds / max(1, stage.iterations) for stage in stages),
            iterations=tuple(stage.iterations for stage in stages),
            memory=_memory(record),
            disk=size_of([folder]),
        )


class Costs:
    """Estimates what jobs cost, from those of the same configuration on the same hardware.

    They may differ in seed, budget, and versions of sources and libraries. Steps of training are
    counted, so that a fit tells of one with another budget. Cells are not scaled, for images differ
    in size.

    Args:
        registry: knows the plugins.
        anywhere: it is not known on which machines jobs will run, so those on any count.

    Attributes:
        done: keys of the jobs that were remembered.
    """

    def __init__(self, registry: Registry, *, anywhere: bool = False) -> None:
        self._anywhere = anywhere
        self.done: set[str] = set()
        self._registry = registry
        self._known: dict[tuple[str, _Hardware], list[Measured]] = defaultdict(list)

    def learn_from(self, store: Store, jobs: Iterable[Job]) -> None:
        """Remember the finished jobs of a store, but for those of methods that none of these has.

        Args:
            store: of results.
            jobs: whose costs are asked for.
        """
        names = {f'"name": "{job.method.name}"' for job in jobs}
        for path in store.root.glob(f"*/*/{RECORD}"):
            with suppress(OSError, UnicodeDecodeError, HarnessError):  # the damaged say nothing
                text = path.read_text(encoding="utf-8")
                if any(name in text for name in names):
                    self.add(from_json(text), path.parent)

    def add(self, record: FitRecord | CellRecord, folder: Path) -> None:
        """Remember a job that is done.

        Args:
            record: of the job; one of another status, or of an unknown machine, is left out.
            folder: holds the job's files.
        """
        if record.status == "done" and record.machine.device:
            self.done.add(record.key)
            hardware = _Hardware.of(record.machine, record.job.device)
            hardware = ANY if self._anywhere else hardware
            self._known[self._configuration(record.job), hardware].append(
                Measured.of(record, folder)
            )

    def add_probe(self, job: Job, resources: Resources, measured: Measured) -> None:
        """Remember what a part of a job took on this machine."""
        self._known[self._configuration(job), _Hardware.here(job, resources)].append(measured)

    def estimate(self, job: Job, resources: Resources) -> Cost:
        """What a job will cost on this machine.

        Args:
            job: to be done.
            resources: what it gets of the machine.
        """
        hardware = ANY if self._anywhere else _Hardware.here(job, resources)
        known = self._known[self._configuration(job), hardware]
        known = [each for each in known if not each.probed] or known
        seconds, source = self._seconds(job, known)
        return Cost(
            seconds=seconds,
            memory=max((each.memory for each in known if each.memory), default=None),
            disk=max((each.disk for each in known if each.disk), default=None),
            source=f"{source}, on any machine" if known and self._anywhere else source,
        )

    def _seconds(self, job: Job, known: Sequence[Measured]) -> tuple[float | None, str]:
        """Wall time of a job by what others took, and what says so."""
        if isinstance(job, FitJob) and (limit := parse_budget(job.budget).seconds):
            return limit + _mean([each.seconds for each in known]), OF_BUDGET
        steps = self._steps(job) if known else None
        known = [each for each in known if steps is not None and len(each.rates) == len(steps)]
        if steps is None or not known:
            return None, UNKNOWN
        seconds = [
            each.seconds + sum(n * rate for n, rate in zip(steps, each.rates, strict=True))
            for each in known
        ]
        return _mean(seconds), _source(job, known, steps)

    def _steps(self, job: Job) -> tuple[int, ...] | None:
        """How many steps each stage of a job has; None where only its images tell."""
        if isinstance(job, CellJob):
            return ()
        try:
            with without_memory():
                stages = self._registry.build(job.method).stages()
            shares = divide(parse_budget(job.budget), [each.recipe.iterations for each in stages])
        except FAILURES:
            return None
        return tuple(share.iterations for share in shares if share.iterations)

    def _configuration(self, job: Job) -> str:
        """Names all jobs that cost the same, but for the number of their steps."""
        same: dict[str, Any] = {
            "method": self._plain(job.method),
            "seed": 0,
            "core": "",
            "libraries": {},
        }
        if isinstance(job, FitJob):
            return key_of(replace(job, budget="", **same))
        metrics = tuple(replace(each, metric=self._plain(each.metric)) for each in job.metrics)
        return key_of(replace(job, fit=None, conditions={}, metrics=metrics, **same))

    def _plain(self, reference: Reference) -> Reference:
        """A reference without its version, and without what a budget takes the place of."""
        of_budget: set[str] = set()
        with suppress(HarnessError):  # a record may be of a plugin that is not there
            entry = self._registry.find(reference.kind, reference.name)
            of_budget = {each.name for each in entry.parameters if each.of_budget}
        parameters = {
            name: self._plain(value) if isinstance(value, Reference) else value
            for name, value in reference.parameters.items()
            if name not in of_budget
        }
        return replace(reference, version="", sources="", parameters=parameters)


@dataclass(frozen=True)
class _Hardware:
    """What the cost of a job depends on: threads count where it computes on the CPU."""

    device: str
    processor: str
    cores: int | None
    threads: int

    @classmethod
    def of(cls, machine: Machine, device: str) -> "_Hardware":
        threads = machine.threads if device == "cpu" else 0
        return cls(machine.device, machine.processor, machine.cores, threads)

    @classmethod
    def here(cls, job: Job, resources: Resources) -> "_Hardware":
        threads = (resources.threads or torch.get_num_threads()) if job.device == "cpu" else 0
        return cls(*_this_machine(job.device), threads)


ANY = _Hardware("", "", None, 0)
"""Stands for all machines where it is not known on which jobs will run."""


@cache
def _this_machine(device: str) -> tuple[str, str, int | None]:
    return device_name(device), processor_name(), psutil.cpu_count(logical=False)


def _memory(record: FitRecord | CellRecord) -> int | None:
    """The memory that all processes of a job took, as in :class:`Cost`."""
    if record.memory is None:
        return None
    processes = record.job.processes if isinstance(record.job, FitJob) else 1
    return (record.memory.device or record.memory.host) * processes


def _mean(seconds: Sequence[float]) -> float:
    return fmean(seconds) if seconds else 0.0


def _source(job: Job, known: Sequence[Measured], steps: tuple[int, ...]) -> str:
    if known[0].probed:
        return known[0].probed
    scaled = ", by their steps" if any(each.iterations != steps for each in known) else ""
    return f"from {counted(len(known), f'finished {job.kind}')}{scaled}"
