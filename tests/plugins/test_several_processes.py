"""Two processes, each with half of every batch, train what one does with the batch in two parts."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from narrow_fits import NARROW, trained_weights

TOYS = Path(__file__).parents[1] / "toys"


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The folder with what two processes left, and what they printed."""
    folder = tmp_path_factory.mktemp("two")
    process = subprocess.run(
        [sys.executable, str(TOYS / "ranks.py"), str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return folder, process.stderr


@pytest.mark.usefixtures("fresh_accelerate")
@pytest.mark.parametrize("name", NARROW)
def test_two_processes_equal_one_in_all_stages(two, tmp_path, name):
    folder, _ = two
    one = trained_weights(name, Accelerator(cpu=True, gradient_accumulation_steps=2), tmp_path)
    first, second = (torch.load(folder / f"{name}.{rank}.pt") for rank in range(2))
    for key, value in one.items():
        torch.testing.assert_close(first[key], value, rtol=1e-5, atol=1e-6)
        assert torch.equal(first[key], second[key])


def test_processes_stop_after_the_same_step_if_one_is_asked_to(two):
    folder, _ = two
    first, second = (int((folder / f"stopped.{rank}").read_text()) for rank in range(2))
    assert first == second >= 3
    assert (folder / "stopped" / "checkpoint" / "state.pt").exists()


def test_processes_spend_a_budget_of_time_together(two):
    folder, _ = two
    first, second = (int((folder / f"timed.{rank}").read_text()) for rank in range(2))
    assert first == second > 1


def test_gradients_lie_in_memory_as_their_buckets_do(two):
    _, printed = two
    assert "Grad strides" not in printed
