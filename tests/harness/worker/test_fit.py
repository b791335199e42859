"""A fit trains with what its job says, or not at all."""

from dataclasses import replace

import pytest
from made_records import make_fit_job

from harness.errors import HarnessError
from harness.worker.fit import _accelerator

pytestmark = pytest.mark.usefixtures("fresh_accelerate")


def test_the_accelerator_is_that_of_the_job():
    accelerator = _accelerator(replace(make_fit_job(), accumulate=2))
    assert (accelerator.device.type, accelerator.num_processes) == ("cpu", 1)
    assert accelerator.gradient_accumulation_steps == 2


@pytest.mark.parametrize("changed", [{"processes": 2}, {"device": "cuda"}])
def test_what_accelerate_chooses_otherwise_is_refused(changed):
    with pytest.raises(HarnessError, match=r"^accelerate chose device, processes and accumulation"):
        _accelerator(replace(make_fit_job(), **changed))


def test_accumulation_that_the_environment_asks_for_is_refused(monkeypatch):
    monkeypatch.setenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "4")
    with pytest.raises(HarnessError, match=r"\('cpu', 1, 4\) and not \('cpu', 1, 1\)"):
        _accelerator(make_fit_job())
