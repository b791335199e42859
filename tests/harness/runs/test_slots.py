from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from made_records import make_cell_job, make_fit_job

from harness.errors import UsageError
from harness.launchers import Resources
from harness.results.plan import Plan
from harness.runs import slots
from harness.runs.request import Request
from harness.runs.slots import Device, Slots, slots_for

FIT = make_fit_job()
ON_GPU = replace(FIT, device="cuda")
MODELS = ("Big", "Small", "Big", "Small")


@pytest.fixture
def four_gpus(monkeypatch):
    """Two models of them."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(slots, "device_name", lambda name: MODELS[int(name.partition(":")[2])])


def slots_for_many(request: Request) -> Slots:
    """The slots for a plan of many cells."""
    return slots_for(request, Plan(tuple(make_cell_job(seed=seed) for seed in range(20))))


def taken(places: Slots, job=FIT, **how) -> Iterator[Resources]:
    """What jobs get until nothing is left."""
    while place := places.take(job, **how):
        yield place.resources


@pytest.mark.parametrize(("jobs", "count"), [(None, 1), (1, 1), (3, 3)])
def test_a_processor_has_one_slot_unless_more_are_asked_for(jobs, count):
    places = slots_for_many(Request(device="cpu", jobs=jobs))
    assert len(list(taken(places))) == places.count == count


@pytest.mark.parametrize(
    ("device", "jobs", "gpus"),
    [
        ("cuda", None, [0, 1, 2, 3]),
        ("cuda:1", None, [1]),
        ("cuda:3,0", None, [3, 0]),
        ("cuda", 2, [0, 1]),
        ("cuda:0,2", 5, [0, 2, 0, 2, 0]),
    ],
)
def test_gpus_have_a_slot_each_unless_the_user_says_how_many(four_gpus, device, jobs, gpus):
    places = slots_for_many(Request(device=device, jobs=jobs))
    assert [resources.gpus for resources in taken(places, ON_GPU)] == [(each,) for each in gpus]


@pytest.mark.parametrize(("processes", "threads"), [(1, None), (2, 2)])
def test_threads_are_not_divided_by_gpus_that_the_plan_has_no_job_for(
    four_gpus, monkeypatch, processes, threads
):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    request = Request(device="cuda", processes=processes)
    fit = replace(ON_GPU, processes=processes)
    cells = [make_cell_job(seed=seed) for seed in range(processes)]
    first = next(taken(slots_for(request, Plan(tuple(cells))), fit))
    assert first.threads == threads
    assert len(first.gpus) == processes


def test_no_slots_at_all_are_refused():
    with pytest.raises(UsageError, match=r"^--jobs 0: at least one job must run at a time$"):
        slots_for_many(Request(device="cpu", jobs=0))


def test_what_is_released_can_be_taken_again():
    places = Slots(2, [Device(2)], 2)
    first, second = places.take(FIT), places.take(FIT)
    assert first
    assert second
    assert places.take(FIT) is None
    places.release(first)
    assert places.take(FIT)
    assert places.take(FIT) is None


def test_alone_means_that_nobody_is_there_before_or_after():
    places = Slots(3, [Device(3)], 3)
    beside = places.take(FIT)
    assert places.take(FIT, alone=True) is None
    places.release(beside)
    alone = places.take(FIT, alone=True)
    assert places.take(FIT) is None
    assert not alone.shared
    assert alone.resources == Resources()


def test_a_place_remembers_that_it_was_shared():
    places = Slots(4, [Device(2), Device(2)], 4)
    first, second = places.take(FIT), places.take(FIT)
    third = places.take(FIT)
    assert (first.shared, second.shared, third.shared) == (True, False, True)
    places.release(third)
    assert first.shared


def test_threads_are_divided_and_none_gets_less_than_one():
    assert [each.threads for each in taken(Slots(3, [Device(3)], 8))] == [2, 2, 2]
    assert [each.threads for each in taken(Slots(3, [Device(3)], 2))] == [1, 1, 1]
    assert [each.threads for each in taken(Slots(1, [Device(1)], 8))] == [None]


def test_a_cell_is_timed_on_a_gpu_of_the_model_that_its_key_names(four_gpus):
    cell = replace(make_cell_job(), device="cuda")
    small = replace(cell, conditions={"device": "Small"})
    gpus = [each.gpus for each in taken(slots_for_many(Request(device="cuda", jobs=8)), small)]
    assert gpus == [(1,), (3,)]
    gpus = [each.gpus for each in taken(slots_for_many(Request(device="cuda")), cell)]
    assert gpus == [(0,), (1,), (2,), (3,)]


def test_one_gpu_is_taken_whatever_its_model(monkeypatch):
    """Its name is not asked for: that would start CUDA in the process of the run."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.delattr(slots, "device_name")
    cell = replace(make_cell_job(), device="cuda", conditions={"device": "Big"})
    (resources,) = taken(slots_for_many(Request(device="cuda", jobs=2)), cell)
    assert resources == Resources(device="cuda", gpus=(0,))
