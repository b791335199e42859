"""A run that is killed, wherever and however, and run again ends as if nothing had happened."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from safetensors.torch import load_file

pytestmark = pytest.mark.slow

KILLS = 5
CHAINS = 1
"""So many kills one after the other, in so many folders: more chains take a minute each."""

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)
TARGETS = ("main", "worker", "group")
VOLATILE = {"seconds", "finished", "machine", "memory", "reused", "sha256"}
"""What differs between two runs that give the same results; the last covers the others."""


def command(toys: Path, out: Path) -> list[str]:
    """Two fits of two stages, and three cells: some seconds in all."""
    method = "toy[iterations=40,stages=2,ema=0.9,seconds_per_step=0.03]"
    return [
        *(sys.executable, "-m", "harness", "run", "--plugin", str(toys), "--datasets", "scenes"),
        *("--methods", f"{method},identity", "--metrics", "psnr,ssim", "--seeds", "0,1"),
        *("--checkpoint-every", "0.3", "--json", "--out", str(out)),
    ]


@dataclass(frozen=True)
class Result:
    """What a run ended with, but for times: records, and by file name weights and scores."""

    records: dict[str, Any]
    weights: dict[str, dict[str, torch.Tensor]]
    files: dict[str, Any]


@pytest.fixture(scope="module")
def straight(tmp_path_factory) -> tuple[Result, float]:
    """The result of a run that nothing happened to, and the seconds that it took."""
    toys = Path(__file__).parents[2] / "toys" / "toys.py"
    out = tmp_path_factory.mktemp("straight") / "runs"
    started = time.monotonic()
    result = run_to_the_end(toys, out)
    return result, time.monotonic() - started


def run_to_the_end(toys: Path, out: Path) -> Result:
    ended = subprocess.run(command(toys, out), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    run = json.loads(ended.stdout)
    return Result(
        records={kind: lasting(run[kind]) for kind in ("fits", "cells")},
        weights={
            str(path.relative_to(out)): load_file(path)
            for path in sorted(out.glob("fits/*/weights.safetensors"))
        },
        files={
            str(path.relative_to(out)): content_of(path)
            for pattern in ("fits/*/losses.jsonl", "cells/*/scores.jsonl", "cells/*/images/*")
            for path in sorted(out.glob(pattern))
        },
    )


def content_of(path: Path) -> Any:
    if path.suffix == ".jsonl":
        return [lasting(json.loads(line)) for line in path.read_text().splitlines()]
    return path.read_bytes()


def lasting(value: Any) -> Any:
    """A value of JSON without what differs between two runs."""
    if isinstance(value, list):
        return [lasting(item) for item in value]
    if isinstance(value, dict):
        return {key: lasting(item) for key, item in value.items() if key not in VOLATILE}
    return value


def kill(toys: Path, out: Path, after: float, number: signal.Signals, target: str) -> None:
    """Start a run, send it a signal at a moment, and wait for its end."""
    process = subprocess.Popen(
        command(toys, out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(after)
    with suppress(ProcessLookupError):  # it has ended already
        if target == "group":
            os.killpg(process.pid, number)
        else:
            worker = worker_of(process.pid) if target == "worker" else None
            os.kill(worker or process.pid, number)
    process.wait()


def worker_of(main: int) -> int | None:
    """The process of the job that a run is at: a fork of the server, which the run has started."""
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(main).children():
            for fork in child.children():
                return fork.pid
    return None


@pytest.mark.parametrize("chain", range(CHAINS))
def test_a_run_killed_at_random_and_run_again_equals_a_straight_run(
    tmp_path, toys, straight, chain
):
    expected, seconds = straight
    chance = random.Random(chain)
    out = tmp_path / "runs"

    for _ in range(KILLS):
        after = chance.uniform(0.3, 0.95) * seconds
        kill(toys, out, after, chance.choice(SIGNALS), chance.choice(TARGETS))
    result = run_to_the_end(toys, out)

    assert result.records == expected.records
    assert result.files == expected.files
    assert result.weights.keys() == expected.weights.keys()
    for name, weights in expected.weights.items():
        assert weights.keys() == result.weights[name].keys()
        for key, value in weights.items():
            assert torch.equal(result.weights[name][key], value), (name, key)
