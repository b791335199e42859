"""Receptive fields as a picture: what is hidden, what is seen, and what leaks."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.testing.blindness import Blindness, Measurement
from harness.testing.receptive_field import EXACT, ReceptiveField
from harness.util.files import write_with

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 40
"""Rows and columns to each side that are drawn, at most."""


def write_blindness(path: Path, found: list[Blindness]) -> None:
    """Draw all measurements as a PNG, atomically.

    Args:
        path: file to write.
        found: what was measured; one row of maps for each method or network.
    """
    figure = draw_blindness(found)
    write_with(path, lambda temporary: figure.savefig(temporary, format="png", dpi=110))


def draw_blindness(found: list[Blindness]) -> "Figure":
    """Draw a map for each configuration that could be measured."""
    from matplotlib.figure import Figure  # and not pyplot, which keeps figures and asks for screens

    rows = [[m for m in each.measurements if m.field is not None] for each in found]
    columns = max([1, *map(len, rows)])
    figure = Figure(figsize=(5.2 * columns, 4.8 * len(rows)), layout="constrained")
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for line, each, measurements in zip(axes, found, rows, strict=True):
        for place, measurement in zip(line, measurements, strict=False):
            _draw(place, each, measurement)
        for place in line[len(measurements) :]:
            place.axis("off")
    return figure


def _draw(axes: "Axes", found: Blindness, measurement: Measurement) -> None:
    from matplotlib.colors import LogNorm

    field = measurement.field
    assert field is not None
    field = field.cropped(min(field.radius, SHOWN))
    edge = field.radius + 0.5
    seen = np.ma.masked_less_equal(field.seen.numpy(), 0)
    axes.set_facecolor("0.8")  # of what is not seen at all
    image = axes.imshow(
        seen,
        "viridis",
        norm=LogNorm(EXACT, 1),
        extent=(-edge, edge, edge, -edge),
        interpolation="nearest",
    )
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02)
    bar.set_label("influence over the largest; grey: none")
    _outline(axes, field)
    kind, label = found.reference.kind, found.reference.label
    title = f"{kind} {label}\n{measurement.title}: blind to {field.patch or 'nothing'}"
    axes.set(xlabel="pixels to the right", ylabel="pixels down", title=title)


def _outline(axes: "Axes", field: ReceptiveField) -> None:
    """Frame the patch that is blind."""
    from matplotlib.patches import Polygon

    if field.patch is None:
        return
    reach = field.patch.radius + 0.5
    if field.patch.shape == "square":
        corners = [(-reach, -reach), (reach, -reach), (reach, reach), (-reach, reach)]
    else:
        corners = [(0, -reach), (reach, 0), (0, reach), (-reach, 0)]
    axes.add_patch(Polygon(corners, fill=False, edgecolor="#D55E00", linewidth=2))
