"""What a job will cost is told from jobs like it, scaled by what was counted and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from made_records import make_cell_job, make_fit_job

from harness import load_plugins
from harness.launchers import Resources
from harness.results.machine import Machine, Memory
from harness.results.names import RECORD
from harness.results.records import StageRecord, blank_record, to_json
from harness.runs.cost import UNKNOWN, Cost, Costs, Measured
from harness.runs.store import Store
from harness.worker.machine import machine

WHOLE = Resources()


@pytest.fixture(scope="module")
def here() -> Machine:
    return machine("cpu")


@pytest.fixture
def costs(toys) -> Costs:
    return Costs(load_plugins(str(toys)))


@pytest.fixture
def fit(costs):
    """Makes a fit of the toy method with two stages."""
    method = costs._registry.choose("method", "toy[stages=2]")
    return lambda **given: replace(make_fit_job(), **{"method": method, "budget": "10it", **given})


def done(job, machine: Machine, seconds: float, *stages: tuple[int, float]):
    """The record of a job that is done, with the steps and the time of its stages."""
    of_stages = tuple(
        StageRecord(name="stage", iterations=steps, seconds=time, final_loss=None)
        for steps, time in stages
    )
    return blank_record(
        job,
        status="done",
        seconds=seconds,
        machine=machine,
        memory=Memory(host=1000),
        **({"stages": of_stages} if stages else {}),
    )


def test_a_fit_costs_what_others_like_it_took_scaled_by_the_steps_of_each_stage(
    costs, fit, here, tmp_path
):
    (tmp_path / "weights").write_bytes(bytes(70))
    for seed, second in ((1, 20.0), (2, 40.0)):
        costs.add(done(fit(seed=seed), here, 3 + 5 + second, (5, 5.0), (5, second)), tmp_path)
    same = costs.estimate(fit(), WHOLE)
    assert same == Cost(seconds=38.0, memory=1000, disk=70, source="from 2 finished fits")
    longer = costs.estimate(fit(budget="20it"), WHOLE)
    assert longer.seconds == 3 + 2 * 5 + 2 * 30
    assert longer.source == "from 2 finished fits, by their steps"
    own = costs.estimate(fit(budget="paper"), WHOLE)  # 8 steps a stage
    assert own.seconds == 3 + 8 * 1 + 8 * 6


def test_a_fit_for_a_time_takes_that_time(costs, fit, here, tmp_path):
    short = fit(budget="90s")
    assert costs.estimate(short, WHOLE) == Cost(seconds=90.0, source="as the budget says")
    costs.add(done(fit(), here, 14.0, (5, 5.0), (5, 5.0)), tmp_path)
    assert costs.estimate(short, WHOLE).seconds == 94.0  # its images are read before
    assert costs.estimate(short, WHOLE).memory == 1000


@pytest.mark.parametrize(
    "change",
    [
        {"precision": "bf16"},
        {"accumulate": 2},
        {"data": make_fit_job(trained_on="others").data},
        {"method": make_fit_job("toy[width=9]").method},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_configuration_says_nothing(costs, fit, here, tmp_path, change):
    costs.add(done(fit(**change), here, 5.0, (5, 1.0), (5, 1.0)), tmp_path)
    assert costs.estimate(fit(), WHOLE) == Cost(source=UNKNOWN)


def test_other_hardware_says_nothing(costs, fit, here, tmp_path):
    for other in (replace(here, processor="another"), replace(here, device="another"), Machine()):
        costs.add(done(fit(), other, 5.0, (5, 1.0), (5, 1.0)), tmp_path)
    costs.add(done(fit(), here, 5.0, (5, 1.0), (5, 1.0)), tmp_path)
    threads = torch.get_num_threads() + 1
    assert costs.estimate(fit(), Resources(threads=threads)).seconds is None
    assert costs.estimate(fit(), WHOLE).source == "from 1 finished fit"


def test_versions_of_sources_and_libraries_do_not_matter(costs, fit, here, tmp_path):
    job = fit(core="older", libraries={"torch": "1"})
    job = replace(job, method=replace(job.method, version="0", sources="older"))
    costs.add(done(job, here, 5.0, (5, 1.0), (5, 1.0)), tmp_path)
    assert costs.estimate(fit(), WHOLE).seconds == 5.0


def test_a_fit_that_failed_says_nothing(costs, fit, here, tmp_path):
    costs.add(replace(done(fit(), here, 5.0, (5, 1.0), (5, 1.0)), status="failed"), tmp_path)
    assert costs.estimate(fit(), WHOLE).source == UNKNOWN


def test_a_cell_costs_what_one_on_the_same_images_took_whatever_its_fit(costs, here, tmp_path):
    cell = make_cell_job("toy", "scenes", trained_on="scenes")
    costs.add(done(cell, here, 4.0), tmp_path)
    other = make_cell_job("toy", "scenes", trained_on="others", seed=3)
    assert costs.estimate(other, WHOLE).seconds == 4.0
    assert costs.estimate(other, WHOLE).source == "from 1 finished cell"
    assert costs.estimate(make_cell_job("toy", "others"), WHOLE).source == UNKNOWN


def test_a_finished_fit_goes_before_what_was_probed(costs, fit, here, tmp_path):
    probed = Measured(seconds=1.0, rates=(0.5, 0.5), iterations=(1, 1), probed="from a probe")
    costs.add_probe(fit(), WHOLE, probed)
    assert costs.estimate(fit(), WHOLE) == Cost(seconds=6.0, source="from a probe")
    costs.add(done(fit(), here, 5.0, (5, 1.0), (5, 1.0)), tmp_path)
    assert costs.estimate(fit(), WHOLE).seconds == 5.0


def test_a_store_tells_of_the_jobs_whose_methods_are_asked_for(costs, fit, here, tmp_path):
    store = Store(tmp_path)
    for job in (fit(), make_fit_job("others")):
        folder: Path = store.folder(job)
        folder.mkdir(parents=True)
        (folder / RECORD).write_text(to_json(done(job, here, 5.0, (5, 1.0), (5, 1.0))))
    damaged = store.folder(fit(seed=1))
    damaged.mkdir(parents=True)
    (damaged / RECORD).write_text('{"name": "toy"')
    costs.learn_from(store, [fit()])
    assert costs.done == {fit().key}
    assert (damaged / RECORD).exists()  # whoever only asks changes nothing


def test_where_machines_are_not_known_yet_jobs_on_any_count(toys, fit, here, tmp_path):
    costs = Costs(load_plugins(str(toys)), anywhere=True)
    for seconds, name in ((4.0, "one"), (6.0, "another")):
        machine = replace(here, processor=name)
        costs.add(done(fit(), machine, seconds, (5, 1.0), (5, 1.0)), tmp_path)
    expected = costs.estimate(fit(), WHOLE)
    assert expected.seconds == 5.0
    assert expected.source == "from 2 finished fits, on any machine"
