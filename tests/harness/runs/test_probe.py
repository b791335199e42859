"""A probe does parts of jobs as a run does them, and keeps nothing."""

from pathlib import Path

import pytest

import harness
from harness import Request, load_plugins
from harness.runs import probe
from harness.runs.estimates import cost
from harness.runs.launching import Launchers


@pytest.fixture
def costs_of(toys, tmp_path, monkeypatch):
    """What a run costs whose jobs are probed, by title."""
    monkeypatch.setattr(probe, "ENOUGH_SECONDS", 0.5)
    registry = load_plugins(str(toys))

    def costs_of(**given):
        request = Request(
            **{"datasets": "scenes", "metrics": "psnr", "budget": "paper", **given},
            device="cpu",
            out=tmp_path / "runs",
        )
        plan = harness.plan(request, registry)
        expected = cost(request, registry, plan, Launchers(request, registry), probing=True)
        assert not Path(request.out).exists()
        return {job.title.split(" on ")[0]: expected.costs[job.key] for job in plan.jobs}

    return costs_of


def test_steps_of_every_stage_are_measured_in_the_process_of_a_job(costs_of):
    costs = costs_of(methods="toy[stages=2,seconds_per_step=0.05,iterations=400]")
    fit, cell = costs.values()
    assert fit.seconds > 2 * 400 * 0.05
    assert fit.source.startswith("from ")
    assert fit.source.endswith(" measured steps")
    assert fit.memory > 50e6
    assert fit.disk > 0
    assert cell.seconds is not None
    assert cell.source == "from measuring it all"


def test_what_fails_stays_unknown_and_is_tried_once(costs_of):
    costs = costs_of(methods="breaks")
    assert [each.source for each in costs.values()] == ["unknown"]
