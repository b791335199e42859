"""What ``harness check --blindness`` measures and prints."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import layout
from harness.cli.describe import as_json
from harness.cli.several import Mistakes, everything, named
from harness.errors import ExitCode
from harness.plugin.registry import Registry
from harness.specs import MethodSpec

if TYPE_CHECKING:
    from harness.testing.blindness import Blindness, Measurement
    from harness.testing.receptive_field import ReceptiveField

KINDS = ("method", "network")
"""What can be measured."""

_HEADS = ("", "claims", "in", "blind to", "leak", "lattice", "sees every", "reach")


def check_blindness_of(
    registry: Registry,
    names: Iterable[str],
    *,
    plot: Path | None = None,
    as_: str = "text",
) -> ExitCode:
    """Measure methods and networks, print what was found, and say whether claims hold.

    Args:
        registry: has the plugins.
        names: selectors; none: all methods and networks but oracles.
        plot: PNG file to draw the receptive fields into; None: none.
        as_: ``text``, ``json`` or ``markdown``.

    Raises:
        UsageError: there is no such method or network.
    """
    from harness.testing.blindness import blindness

    chosen = [pair for name in names for pair in named(registry, name, KINDS)] or _all(registry)
    found, mistakes = [], Mistakes()
    for kind, selector in chosen:
        with mistakes.of(f"{kind} {selector!r}"):
            found.append(blindness(registry, kind, selector))
    if plot:
        from harness.testing.blindness_picture import write_blindness

        write_blindness(plot, found)
    objections = [objection for each in found for objection in each.objections]
    if as_ == "json":
        click.echo(as_json("blindness", found=list(map(_plain, found)), objections=objections))
    elif as_ == "markdown":
        click.echo(markdown(found))
    else:
        click.echo(_text(found))
    for objection in objections:
        mistakes.add(objection)
    return mistakes.code


def markdown(found: Sequence["Blindness"]) -> str:
    """The table, and what was not measured and why, as docs/blindness.md has them."""
    rows = [_HEADS, ["---"] * len(_HEADS), *(row for each in found for row in _rows(each))]
    table = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*table, *(f"- {note}" for each in found for note in _notes(each))])


def _all(registry: Registry) -> list[tuple[str, str]]:
    """All methods but oracles, and all networks."""
    oracles = {
        entry.spec.name
        for entry in registry.entries("method")
        if isinstance(entry.spec, MethodSpec) and entry.spec.oracle
    }
    return [pair for pair in everything(registry, KINDS) if pair[1] not in oracles]


def _text(found: Sequence["Blindness"]) -> str:
    rows = [row for each in found for row in _rows(each)]
    notes = [note for each in found for note in _notes(each)]
    return "\n".join([layout.table(rows, _HEADS, "simple"), *map(layout.wrapped, notes)])


def _notes(found: "Blindness") -> list[str]:
    """What was not measured, and why."""
    return [
        f"{_name(found)} in {each.title} is not measured: {each.note}"
        for each in found.measurements
        if each.note
    ]


def _name(found: "Blindness") -> str:
    return f"{found.reference.kind} {found.reference.label}"


def _rows(found: "Blindness") -> list[tuple[str, ...]]:
    """A row for each configuration."""
    claim = found.claim.text if found.claim else "–"
    return [
        (
            _name(found),
            claim if each.configuration == "training" else "–",
            each.title,
            *_cells(each),
        )
        for each in found.measurements
    ]


def _cells(measurement: "Measurement") -> tuple[str, ...]:
    field = measurement.field
    if field is None:
        return "not measured", "–", "–", "–", "–"
    return (
        str(field.patch or "nothing"),
        f"{field.leak:.0e}" if field.leak else "none",
        str(field.lattice or "–"),
        "pixel" if field.step == 1 else f"{field.step} pixels",
        _reach(field),
    )


def _reach(field: "ReceptiveField") -> str:
    return f"beyond {field.radius}" if field.reach is None else str(field.reach)


def _plain(found: "Blindness") -> dict[str, Any]:
    return {
        "kind": found.reference.kind,
        "label": found.reference.label,
        "selector": found.reference.selector,
        "claim": found.claim.text if found.claim else None,
        "measurements": [_plain_measurement(each) for each in found.measurements],
    }


def _plain_measurement(measurement: "Measurement") -> dict[str, Any]:
    field = measurement.field
    plain = {
        "configuration": measurement.configuration,
        "stage": measurement.name or None,
        "note": measurement.note or None,
        "objection": measurement.objection or None,
    }
    if field is None:
        return plain
    return {
        **plain,
        "blind": str(field.patch) if field.patch else None,
        "leak": field.leak,
        "lattice": field.lattice,
        "step": field.step,
        "reach": field.reach,
        "radius": field.radius,
        "other_images": field.others,
        "phases": field.phases,
    }
