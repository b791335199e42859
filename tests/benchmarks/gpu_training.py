"""How fast methods train on a GPU: every stage as published, in each precision, eager and compiled.

::

    python tests/benchmarks/gpu_training.py --seconds 300 --out rows.jsonl

The steps are the trainer's own, with its crops and optimizer, on random images. A row is printed
and written as soon as it is measured; one that fails says why, and the others go on. Methods are
given by selectors, so narrow ones run anywhere: ``--device cpu --methods 'n2v[crop=32]'``.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import click
from tabulate import tabulate
from training_steps import ROW_SECONDS, Bench, Case, Row, build

from harness.plugin.registry import Registry, load_registry
from harness.util.text import one_line
from harness.worker.machine import device_name, library_versions

COMPILED = "lgbpn,ssid,amsnet,dbsn[distill=true]"
"""Methods whose first stages are measured compiled, too."""

COMPILED_PRECISIONS = ("fp32", "bf16")
"""Precisions of compiled rows, where eager rows have them."""

METHODS = f"{COMPILED},apbsn,n2v,n2c"


def cases_of(
    registry: Registry, selectors: str, way: str, precisions: Sequence[str]
) -> Iterator[Case]:
    """The rows of methods: all stages of the eager ones, the first of compiled ones.

    Those of a precision follow one another, so that an early end leaves whole precisions.
    """
    first_alone = way == "compiled"
    stages = [
        (method, index, stage.name, stage.recipe)
        for method in (registry.choose_all("method", selectors) if selectors else [])
        for index, stage in enumerate(build(registry, method).stages())
        if index == 0 or not first_alone
    ]
    for precision in precisions:
        for method, index, name, recipe in stages:
            row = Row(method.label, name, precision, way, recipe.batch_size, recipe.crop)
            yield Case(method, index, row)


def _figure(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:.{decimals}f}"


def _span(row: Row) -> str:
    return "" if row.least is None else f"{row.least:.1f} to {row.most:.1f}"


COLUMNS: dict[str, Callable[[Row], str]] = {
    "method": lambda row: row.method,
    "stage": lambda row: row.stage,
    "batch": lambda row: f"{row.batch} of {row.crop}x{row.crop}",
    "precision": lambda row: row.precision,
    "way": lambda row: row.way,
    "ms a step": lambda row: _figure(row.milliseconds, 1),
    "least to most": _span,
    "steps/s": lambda row: _figure(row.milliseconds and 1e3 / row.milliseconds, 2),
    "GiB": lambda row: _figure(row.gibibytes, 2),
    "warm-up s": lambda row: _figure(row.warm_up_seconds, 1),
    "GFLOP": lambda row: _figure(row.gigaflop, 1),
    "TFLOP/s": lambda row: _figure(row.teraflops, 2),
    "share": lambda row: _figure(row.share, 3),
    "note": lambda row: row.error,
}
"""What the table shows of a row."""


def cells_of(row: Row) -> list[str]:
    """What the table shows of a row, in order."""
    return [show(row) for show in COLUMNS.values()]


@click.command(help=__doc__)
@click.option("--device", type=click.Choice(["cuda", "cpu"]), default="cuda")
@click.option("--methods", default=METHODS, help="Selectors of the methods, all stages of each.")
@click.option("--compiled", default=COMPILED, help="Those measured compiled, the first stages.")
@click.option("--precisions", default="fp32,bf16,tf32", help="Of the eager rows, in this order.")
@click.option("--seconds", type=float, default=300.0, help="No row begins or goes on after these.")
@click.option("--out", type=click.Path(path_type=Path), help="File for a line of JSON per row.")
def main(
    device: str, methods: str, compiled: str, precisions: str, seconds: float, out: Path | None
) -> None:
    """Measure all rows, and print each at once and all at the end."""
    end = perf_counter() + seconds
    registry = load_registry()
    bench = Bench(registry, device)

    def say(text: str, line: dict[str, Any]) -> None:
        click.echo(text)
        if out is not None:
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    wanted = precisions.split(",")
    for precision in wanted:
        try:
            bench.measure_peak(precision)
        except Exception as error:  # such as a GPU without TF32
            click.echo(f"no peak of {precision}: {one_line(error)}")
    rates = {precision: rate / 1e12 for precision, rate in bench.peaks.items()}
    about = {"device": device_name(device), "versions": library_versions(), "peaks": rates}
    said = ", ".join(f"{precision} {rate:.3g} TFLOP/s" for precision, rate in rates.items())
    say(f"{about['device']}: a large product of matrices reaches {said}", about)

    rows = []
    both = [precision for precision in COMPILED_PRECISIONS if precision in wanted]
    eager = cases_of(registry, methods, "eager", wanted)
    for case in (*eager, *cases_of(registry, compiled, "compiled", both)):
        left = min(end - perf_counter(), ROW_SECONDS)
        if left > 1:
            rows.append(bench.measure(case, left))
        else:
            rows.append(replace(case.row, error="not measured, for the time was spent"))
        say("  ".join(filter(None, cells_of(rows[-1]))), asdict(rows[-1]))
    cells = [cells_of(row) for row in rows]
    click.echo(tabulate(cells, list(COLUMNS), tablefmt="pipe", disable_numparse=True))


if __name__ == "__main__":
    main()
