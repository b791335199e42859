"""What ``harness run --dry-run`` prints: the jobs of a plan, and what they will cost."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from harness.cli.describe import as_json
from harness.results.plan import Plan
from harness.runs.cost import NOTHING, Cost
from harness.runs.forecast import Forecast
from harness.util.text import size_text, time_text


def show_plan(plan: Plan, forecast: Forecast, *, probed: bool, is_json: bool) -> None:
    """Print what a run would do, and what it would cost.

    Args:
        plan: of the run.
        forecast: of its cost.
        probed: what could be measured was.
        is_json: print it for programs.
    """
    rows: list[dict[str, Any]] = [
        {
            "key": job.key,
            "job": job.title,
            "done": forecast.costs[job.key] == NOTHING and not plan.is_impossible(job),
            "impossible": plan.impossible.get(job.key, ""),
            "cost": asdict(forecast.costs[job.key]),
        }
        for job in plan.jobs
    ]
    if is_json:
        total = {
            "seconds": forecast.seconds,
            "memory": forecast.memory,
            "disk": forecast.disk,
            "unknown": forecast.unknown,
        }
        click.echo(as_json("plan", jobs=rows, cost=total, notes=plan.notes))
        return
    for row in rows:
        click.echo(_line(row, forecast.costs[row["key"]]))
    for note in plan.notes:
        click.echo(note)
    to_do = sum(not row["done"] for row in rows)
    in_all = _in_all(forecast, probed=probed) if to_do else ""
    click.echo(f"{len(rows)} jobs, {to_do} to do{in_all}")


def _line(row: Mapping[str, Any], cost: Cost) -> str:
    """A job: its state, and why it cannot be done or what it will cost."""
    state = "failed" if row["impossible"] else "done  " if row["done"] else "to do "
    why = row["impossible"] or ("" if cost == NOTHING else f"{_amounts(cost)}{cost.source}")
    return f"{state} {row['key']}  {row['job']}{f': {why}' if why else ''}"


def _in_all(forecast: Forecast, *, probed: bool) -> str:
    """What all jobs will cost, as the end of a sentence."""
    if forecast.unknown:
        hint = "" if probed else ": --probe measures it"
        return f", the time of {forecast.unknown} unknown{hint}"
    return f": {_amounts(forecast)}".rstrip(", ")


def _amounts(cost: Cost | Forecast) -> str:
    """What is known of time, memory and disk, each followed by a comma."""
    known = {
        "": None if cost.seconds is None else time_text(cost.seconds),
        " of memory": None if cost.memory is None else size_text(cost.memory),
        " on disk": None if cost.disk is None else size_text(cost.disk),
    }
    return "".join(f"{amount}{what}, " for what, amount in known.items() if amount)
