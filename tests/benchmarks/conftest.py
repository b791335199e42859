"""What benchmarks share: two ways to do the same, timed in turn."""

from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--most-rounds",
        type=int,
        default=100,
        help="rounds of a benchmark are at most so many; CI has no time for more than one",
    )


@pytest.fixture
def benchmark(benchmark: BenchmarkFixture, pytestconfig: pytest.Config) -> BenchmarkFixture:
    """The fixture of pytest-benchmark, whose rounds are limited; a single one is not warmed up."""
    most, pedantic = pytestconfig.getoption("--most-rounds"), benchmark.pedantic

    def limited(*args: Any, rounds: int, warmup_rounds: int = 0, **options: Any) -> Any:
        rounds, warmup_rounds = min(rounds, most), min(warmup_rounds, most - 1)
        return pedantic(*args, rounds=rounds, warmup_rounds=warmup_rounds, **options)

    benchmark.pedantic = limited
    return benchmark


@pytest.fixture
def compare(benchmark: BenchmarkFixture) -> Callable[..., None]:
    """Times a fast and a plain way in turn, so that both see the same machine.

    ``compare(fast, plain, rounds=5)`` notes the medians of both, and the median, least and most of
    their ratio in a round. Seconds are those of the processor: other programs hardly change them.
    """

    def compare(fast: Callable[[], object], plain: Callable[[], object], rounds: int) -> None:
        seconds: dict[str, list[float]] = {"plain": [], "fast": []}

        def both() -> None:
            for name, function in (("plain", plain), ("fast", fast)):
                start = process_time()
                function()
                seconds[name].append(process_time() - start)

        benchmark.pedantic(both, rounds=rounds, warmup_rounds=1)
        seconds = {name: values[1:] or values for name, values in seconds.items()}  # warm by then
        ratios = [slow / quick for slow, quick in zip(*seconds.values(), strict=True)]
        for name, values in seconds.items():
            benchmark.extra_info[f"milliseconds, {name}"] = 1e3 * median(values)
        benchmark.extra_info["plain / fast"] = median(ratios)
        benchmark.extra_info["plain / fast, least and most"] = [min(ratios), max(ratios)]

    return compare
