"""A run is forecast as it is carried out: so many jobs side by side, cells after their fits."""

from dataclasses import replace

import pytest
from made_records import make_cell_job

from harness.results.plan import Plan
from harness.runs.cost import Cost
from harness.runs.forecast import forecast
from harness.runs.slots import Device, Slots


def slots(count: int) -> Slots:
    return Slots(count, [Device(count)], threads=8)


def cells(count: int, **given):
    return tuple(make_cell_job(f"m{i}", "set", **given) for i in range(count))


@pytest.mark.parametrize(("count", "seconds"), [(1, 48.0), (4, 12.0)])
def test_the_time_of_all_is_that_of_jobs_side_by_side(count, seconds):
    plan = Plan(cells(8))
    expected = forecast(plan, slots(count), lambda job, place: Cost(seconds=6.0, memory=5, disk=3))
    assert (expected.seconds, expected.memory, expected.disk) == (seconds, 5 * count, 24)
    assert expected.unknown == 0
    assert list(expected.costs) == [job.key for job in plan.jobs]


def test_a_cell_waits_for_its_fit():
    plan = Plan(cells(2, trained_on="set"))
    costs = {"fit": 10.0, "cell": 1.0}
    assert forecast(plan, slots(4), lambda job, _: Cost(seconds=costs[job.kind])).seconds == 11.0


def test_a_timed_cell_has_the_device_for_itself():
    timed = tuple(replace(cell, conditions={"threads": "8"}) for cell in cells(2))
    plan = Plan((*timed, *cells(2)[:0], make_cell_job("other", "set")))
    assert forecast(plan, slots(3), lambda job, _: Cost(seconds=2.0)).seconds == 6.0


def test_where_one_job_is_unknown_so_is_the_whole():
    plan = Plan(cells(3))
    known = {job.key: Cost(seconds=1.0, memory=1, disk=1) for job in plan.jobs[1:]}
    expected = forecast(plan, slots(1), lambda job, _: known.get(job.key, Cost()))
    assert (expected.seconds, expected.memory, expected.disk) == (None, None, None)
    assert expected.unknown == 1


def test_the_slots_are_free_again():
    places = slots(2)
    for _ in range(2):
        assert forecast(Plan(cells(4)), places, lambda job, _: Cost(seconds=1.0)).seconds == 2.0
