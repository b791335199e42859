"""How long ``harness list`` takes from nothing, beside an empty program."""

import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

HARNESS = Path(sys.executable).with_name("harness")


def seconds_of(command):
    start = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return perf_counter() - start


def test_a_list_starts_in_a_few_times_the_time_of_an_empty_program(benchmark):
    empty = median(seconds_of([sys.executable, "-c", "pass"]) for _ in range(10))
    benchmark.pedantic(
        subprocess.run,
        args=([HARNESS, "list"],),
        kwargs={"check": True, "capture_output": True},
        rounds=10,
        warmup_rounds=1,
    )
    seconds = benchmark.stats.stats.median if benchmark.stats else seconds_of([HARNESS, "list"])
    benchmark.extra_info["empty_program_seconds"] = empty
    benchmark.extra_info["times_an_empty_program"] = seconds / empty
    # numpy alone would add 5 to 10 times, torch 100 times
    assert seconds / empty < 15
