"""Processes agree now and then, and without a GPU; normalisation is shared where it can be."""

from types import SimpleNamespace

import pytest
import torch
from torch import distributed, nn

from harness.training import processes
from harness.training.processes import Agreement, normalise_together, normalises_parts


def accelerator(count: int = 2, device: str = "cpu", accumulate: int = 1, is_main: bool = True):
    return SimpleNamespace(
        num_processes=count,
        device=torch.device(device),
        gradient_accumulation_steps=accumulate,
        is_main_process=is_main,
    )


@pytest.fixture
def reductions(monkeypatch):
    """The values that are exchanged; the other process asks for nothing and says it is at 9 s."""
    exchanged = []

    def all_reduce(values, operation, group):
        assert (operation, group) == (distributed.ReduceOp.MAX, "gloo")
        assert values.device.type == "cpu"
        exchanged.append(values.tolist())

    monkeypatch.setattr(distributed, "new_group", lambda backend: backend)
    monkeypatch.setattr(distributed, "all_reduce", all_reduce)
    return exchanged


def test_one_process_agrees_with_itself_at_every_step():
    agreement = Agreement(accelerator(1))
    assert [agreement.stop(asked, 1.0) for asked in (False, True)] == [False, True]
    assert agreement.seconds(3.0) == 3.0


def test_quick_steps_are_agreed_on_every_quarter_of_a_second(reductions, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(processes.time, "monotonic", lambda: now[0])
    agreement = Agreement(accelerator())
    for step in range(10_000):
        now[0] += 0.001
        agreement.stop(False, step / 1000)
    assert 40 <= len(reductions) < 60
    assert agreement.seconds(0.0) == pytest.approx(9.9, abs=0.3)


def test_slow_steps_are_agreed_on_every_time(reductions, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(processes.time, "monotonic", lambda: now[0])
    agreement = Agreement(accelerator())
    for _ in range(5):
        now[0] += 1.0
        agreement.stop(False, 0.0)
    assert len(reductions) == 5


def test_the_main_process_alone_says_how_late_it_is_and_when_to_agree_next(reductions):
    Agreement(accelerator(is_main=False)).stop(True, 12.0)
    assert reductions == [[1, 0, 0]]


def normalised() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())


def test_on_gpus_batch_normalisation_sees_the_crops_of_all_processes():
    stage = normalised()
    before = dict(stage.named_parameters())
    normalise_together(stage, accelerator(device="cuda"))
    assert isinstance(stage[1], nn.SyncBatchNorm)
    assert dict(stage.named_parameters()) == before


@pytest.mark.parametrize(("count", "device"), [(1, "cuda"), (2, "cpu")])
def test_elsewhere_normalisation_stays_as_it_is(count, device):
    stage = normalised()
    normalise_together(stage, accelerator(count, device))
    assert type(stage[1]) is nn.BatchNorm2d


@pytest.mark.parametrize(
    ("count", "device", "accumulate", "parts"),
    [
        (1, "cpu", 1, False),
        (1, "cuda", 2, True),
        (2, "cpu", 1, True),
        (2, "cuda", 1, False),
        (2, "cuda", 2, True),
    ],
)
def test_it_is_known_where_normalisation_sees_parts_of_the_batch(count, device, accumulate, parts):
    chosen = accelerator(count, device, accumulate)
    assert normalises_parts(normalised(), chosen) is parts
    assert not normalises_parts(nn.Conv2d(3, 3, 1), chosen)
