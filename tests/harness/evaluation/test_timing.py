import time
from statistics import median

import pytest
import torch

from harness.evaluation import timing
from harness.evaluation.timing import time_call

CPU = torch.device("cpu")


def test_the_median_ignores_the_warm_up_and_an_outlier(monkeypatch):
    monkeypatch.setattr(timing, "REPEATS", 5)
    durations = iter([0.3, 0.01, 0.01, 0.2, 0.01, 0.01])

    measured = time_call(lambda: time.sleep(next(durations)), CPU, 4, 6)

    assert measured.seconds == pytest.approx(median([0.01, 0.2]), abs=0.1)
    assert measured.seconds < 0.1
    assert measured.repeats == 5
    assert measured.spread > 0.05
    assert (measured.height, measured.width) == (4, 6)


def test_a_slow_call_is_timed_once_and_has_no_spread(monkeypatch):
    monkeypatch.setattr(timing, "SECONDS", 0.01)
    calls = []

    measured = time_call(lambda: calls.append(time.sleep(0.02)), CPU, 4, 4)

    assert len(calls) == 2  # the warm-up and one more
    assert measured.repeats == 1
    assert measured.spread is None


def test_a_quick_call_is_repeated_as_often_as_may_be():
    measured = time_call(lambda: None, CPU, 4, 4)

    assert measured.repeats == timing.REPEATS


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_the_clock_waits_for_the_work():
    device = torch.device("cuda")
    matrix = torch.rand(8192, 8192, device=device)

    measured = time_call(lambda: matrix @ matrix, device, 1, 1)

    assert measured.seconds > 2 * 8192**3 / 2e15  # no device does more operations per second


def test_a_gpu_works_for_half_a_second_before_it_is_timed(monkeypatch):
    now, calls = [0.0], []
    monkeypatch.setattr(timing, "perf_counter", lambda: now[0])
    monkeypatch.setattr(timing, "peak_memory", lambda call, _: call())
    monkeypatch.setattr(torch.cuda, "synchronize", lambda _: None)

    def call() -> None:
        now[0] += 0.03
        calls.append(now[0])

    measured = time_call(call, torch.device("cuda"), 4, 4)

    assert measured.repeats == timing.REPEATS
    before = calls[: -timing.REPEATS]
    assert before[-2] < 0.5 <= before[-1]
