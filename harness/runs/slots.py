"""Places for jobs that run side by side: so many on every device, and some alone on theirs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from harness.errors import UsageError
from harness.launchers import Resources
from harness.results.jobs import CellJob, FitJob
from harness.results.plan import Plan
from harness.runs.devices import chosen_pool
from harness.runs.request import Request
from harness.worker.machine import device_name


def is_timed(job: FitJob | CellJob) -> bool:
    """Whether a job measures what others beside it would change: times, or memory."""
    return isinstance(job, CellJob) and bool(job.conditions)


def processes_of(job: FitJob | CellJob) -> int:
    """How many processes a job consists of."""
    return job.processes if isinstance(job, FitJob) else 1


@dataclass(eq=False)
class Device:
    """A device, and what runs on it.

    Attributes:
        slots: how many jobs of one process run on it at a time.
        gpu: its index, if it is one of several GPUs.
        model: its name, by which equal GPUs are known; empty where there is but one.
        places: that are taken on it.
        taken: how many of its slots they take.
    """

    slots: int
    gpu: int | None = None
    model: str = ""
    places: "set[Place]" = field(default_factory=set)
    taken: int = 0


@dataclass(eq=False)
class Place:
    """Where one job runs, from when it is taken until it is released.

    Attributes:
        taken: how many slots, by device.
        resources: what the job gets.
        shared: whether another job was on one of these devices at the same time.
    """

    taken: Sequence[tuple[Device, int]]
    resources: Resources
    shared: bool = False


class Slots:
    """Slots on the devices of a run.

    A job of one process takes a slot. A fit of several takes as many, on as many GPUs or on the
    CPU, or all of them where there are fewer. A job that is timed has its device for itself; so has
    one that is asked to be alone. Threads and memory are divided by the slots: a job has as large a
    part of them as of the slots. But one that is timed has all threads, whatever the number of
    slots, for its result depends on them; and so has one that takes all slots.

    Args:
        count: how many, at least 1.
        devices: names and indices are theirs; the slots are dealt out to them in turn.
        threads: to divide.
    """

    def __init__(self, count: int, devices: Sequence[Device], threads: int) -> None:
        self.count = count
        self._devices = devices
        self._threads = threads

    def take(self, job: FitJob | CellJob, *, alone: bool = False) -> Place | None:
        """Take a place for a job.

        Args:
            job: that is to start.
            alone: it is to have its devices for itself, as it has if it is timed.

        Returns:
            The place; None where there is none now.
        """
        processes = processes_of(job)
        if processes > self.count:
            return self._take_all(job)
        devices = min(processes, len(self._devices))
        wanted = processes // devices
        alone = alone or is_timed(job)
        found = [each for each in self._suiting(job) if _has_room(each, wanted, alone=alone)]
        if len(found) < devices:
            return None
        found.sort(key=lambda device: device.taken)  # of equals the first stays the first
        taken = [(each, each.slots if alone else wanted) for each in found[:devices]]
        return self._taken(job, taken)

    def gives_way(self, job: FitJob | CellJob) -> bool:
        """Whether a job comes after all others that may start, for it needs a device alone."""
        return self.count > 1 and is_timed(job)

    def release(self, place: Place) -> None:
        """Let others have the place."""
        for device, slots in place.taken:
            device.places.remove(place)
            device.taken -= slots

    def _take_all(self, job: FitJob | CellJob) -> Place | None:
        if any(device.places for device in self._devices):
            return None
        return self._taken(job, [(device, device.slots) for device in self._devices])

    def _taken(self, job: FitJob | CellJob, taken: Sequence[tuple[Device, int]]) -> Place:
        place = Place(taken, self._resources(job, taken))
        for device, slots in taken:
            device.places.add(place)
            device.taken += slots
            if len(device.places) > 1:
                for each in device.places:
                    each.shared = True
        return place

    def _resources(self, job: FitJob | CellJob, taken: Sequence[tuple[Device, int]]) -> Resources:
        processes = processes_of(job)
        slots = sum(count for _, count in taken)
        is_whole = slots == self.count
        gpus = tuple(device.gpu for device, _ in taken if device.gpu is not None)
        return Resources(
            processes=processes,
            device=job.device,
            gpus=gpus[:processes],
            threads=None
            if is_whole or is_timed(job)
            else max(1, self._threads * slots // (self.count * processes)),
            memory=slots / self.count,
        )

    def _suiting(self, job: FitJob | CellJob) -> Sequence[Device]:
        """Devices for a job: where it is timed, those of the model that its key names."""
        model = job.conditions.get("device") if isinstance(job, CellJob) else None
        equal = [device for device in self._devices if device.model == model]
        return equal or self._devices


def _has_room(device: Device, slots: int, *, alone: bool) -> bool:
    if alone and device.places:
        return False
    return device.slots - device.taken >= slots


class Queue:
    """Places in the queue of a launcher that schedules its jobs, whatever they need.

    Args:
        count: how many, at least 1.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._taken = 0

    def take(self, job: FitJob | CellJob, *, alone: bool = False) -> Place | None:
        """Take a place for a job; None where there is none now."""
        if self._taken == self.count:
            return None
        self._taken += 1
        return Place((), Resources(processes=processes_of(job), device=job.device))

    def gives_way(self, job: FitJob | CellJob) -> bool:
        """Whether a job comes after all others that may start: none does."""
        return False

    def release(self, place: Place) -> None:
        """Let others have the place."""
        self._taken -= 1


def queue_for(request: Request, plan: Plan) -> Queue:
    """The queue that a request asks for; unless it says how long, all that may start are in it.

    Raises:
        UsageError: its length is impossible.
    """
    _check_jobs(request)
    return Queue(request.jobs or max(1, len(plan.cells)))


def slots_for(request: Request, plan: Plan) -> Slots:
    """The slots that a request asks for.

    Unless it says how many, there is one on each of its devices, but none for which the plan has no
    process: it has no more jobs side by side than cells, for each runs itself or its fit does.

    Raises:
        UsageError: their number or the devices are impossible.
    """
    _check_jobs(request)
    pool = chosen_pool(request.device, request.precision, request.processes)
    needed = max(1, len(plan.cells) * request.processes)
    count = request.jobs or min(len(pool.names), needed)
    several = len(pool.gpus) > 1
    devices = [
        Device(
            slots=len(range(number, count, len(pool.names))),
            gpu=pool.gpus[number] if pool.gpus else None,
            model=device_name(name) if several else "",
        )
        for number, name in enumerate(pool.names)
    ]
    return Slots(count, devices, torch.get_num_threads())


def _check_jobs(request: Request) -> None:
    if request.jobs is not None and request.jobs < 1:
        raise UsageError(f"--jobs {request.jobs}: at least one job must run at a time")
