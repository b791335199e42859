import pytest
import torch

from harness import Constant, Cosine, OneCycle, Steps

SCHEDULES = [Constant(), Steps((0.4, 0.8)), Cosine(), Cosine(0.02), OneCycle(), OneCycle(0.3, 0.1)]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
def test_no_schedule_exceeds_the_learning_rate_or_falls_below_zero(schedule):
    factors = [schedule.factor(step / 1000) for step in range(1001)]
    assert min(factors) >= 0
    assert max(factors) == pytest.approx(1)


def test_a_cosine_falls_from_one_to_its_end():
    assert Cosine(0.02).factor(0) == 1
    assert Cosine(0.02).factor(0.5) == pytest.approx(0.51)
    assert Cosine(0.02).factor(1) == pytest.approx(0.02)


def test_steps_multiply_at_every_milestone():
    assert [Steps((0.4, 0.8)).factor(at) for at in (0.3, 0.4, 0.9)] == pytest.approx([1, 0.1, 0.01])


def test_one_cycle_rises_from_its_start_and_falls_to_zero():
    cycle = OneCycle(warmup=0.2, start=0.04)
    assert [cycle.factor(at) for at in (0, 0.1, 0.2, 0.6, 1)] == pytest.approx(
        [0.04, 0.52, 1, 0.5, 0]
    )


def test_one_cycle_is_that_of_pytorch():
    steps, rate = 50, 2e-3
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        rate,
        total_steps=steps + 1,
        pct_start=11 / 51,
        div_factor=25,
        final_div_factor=1e9,
    )
    rates = []
    for _ in range(steps + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        theirs.step() if len(rates) <= steps else None
    ours = [
        rate * OneCycle(warmup=0.2, start=0.04).factor(step / steps) for step in range(steps + 1)
    ]
    assert ours == pytest.approx(rates, abs=1e-9)
