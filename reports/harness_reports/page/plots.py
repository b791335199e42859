"""Plots as SVG that takes its colours from the page around it."""

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness import Column, DatasetTable, FitRecord, LossPoint, Run, loss_curve
from harness_reports.values import labels_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

_INK, _FRONT = "#010203", "#040506"  # placeholders, which the page's colours take the place of
_COLOURS = {_INK: "currentColor", _FRONT: "var(--accent)"}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text
    "text.parse_math": False,  # a name may hold a dollar sign
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), _INK
    ),
}
_LONGEST = 28
"""Characters of a name in a plot."""

_MOST_POINTS = 400
"""Of a loss curve."""


_MARKERS = {
    "without training": "s",
    "self-supervised": "o",
    "unpaired": "^",
    "supervised": "D",
}
"""Of points, by the group of the method."""


@dataclass(frozen=True)
class Point:
    """A method in a plot of quality against cost."""

    name: str
    cost: float
    quality: float
    group: str = "self-supervised"


@dataclass(frozen=True)
class Plot:
    """A picture and what is said below it.

    Attributes:
        svg: takes its colours from the page.
        caption: plain text.
    """

    svg: str
    caption: str


def trades_of(table: DatasetTable, salt: str) -> Iterator[Plot]:
    """Quality against each cost that is measured.

    Args:
        table: of a dataset; its first metric of images is the quality.
        salt: keeps the names within several pictures on one page apart.
    """
    columns = table.columns
    quality = next((at for at, each in enumerate(columns) if each.is_quality), None)
    if quality is None:
        return
    for cost in [at for at, each in enumerate(columns) if each.measures == "method"]:
        points = list(_points(table, cost, quality))
        if len(points) > 1:
            svg = _trade(points, columns[cost], columns[quality], f"{salt}-{cost}")
            yield Plot(svg, f"{columns[quality].title} against {columns[cost].title}")


def front(points: Sequence[Point], *, higher_is_better: bool) -> list[Point]:
    """The points that none beats in quality at the same or less cost, by rising cost."""
    sign = 1 if higher_is_better else -1
    best: list[Point] = []
    for point in sorted(points, key=lambda each: (each.cost, -sign * each.quality)):
        if not best or sign * point.quality > sign * best[-1].quality:
            best.append(point)
    return best


def curves_of(run: Run) -> Iterator[Plot]:
    """The loss of every fit whose curve is kept, a picture per method and training set."""
    fits: dict[tuple[str, str], list[FitRecord]] = {}
    for fit in run.fits:
        fits.setdefault((fit.method, fit.trained_on), []).append(fit)
    for number, ((method, trained_on), those) in enumerate(fits.items()):
        curves = {fit.seed: points for fit in those if (points := loss_curve(run, fit))}
        if curves:
            seeds = f", {len(curves)} seeds" if len(curves) > 1 else ""
            caption = f"{method}, trained on {trained_on}{seeds}"
            yield Plot(_curves(curves, f"loss-{number}"), caption)


def _points(table: DatasetTable, cost: int, quality: int) -> Iterator[Point]:
    """The methods that have both numbers; oracles and those that cost nothing are left out."""
    labels = labels_of(table)
    for group in table.groups:
        for entry in group.entries if group.title in _MARKERS else ():
            values = [entry.figures[at].value for at in (cost, quality)]
            x, y = (value.mean if value else None for value in values)
            if x and y is not None and math.isfinite(y):
                yield Point(labels[entry.row.cell.key], x, y, group.title)


def _trade(points: Sequence[Point], cost: Column, quality: Column, salt: str) -> str:
    best = front(points, higher_is_better=quality.higher_is_better)
    with _Drawing(salt, (4.8, 3.4)) as drawing:
        axes = drawing.axes
        axes.set_xscale("log")
        axes.plot([p.cost for p in best], [p.quality for p in best], color=_FRONT, zorder=1)
        for group, marker in _MARKERS.items():
            those = [point for point in points if point.group == group]
            places = [p.cost for p in those], [p.quality for p in those]
            if those:
                axes.scatter(*places, color=_FRONT, s=24, marker=marker, label=group)
        for point in points:
            axes.annotate(
                _short(point.name),
                (point.cost, point.quality),
                xytext=(5, 4),
                textcoords="offset points",
            )
        axes.margins(0.15)
        axes.set(xlabel=cost.header, ylabel=quality.header)
        _plain_ticks(axes.xaxis)
        drawing.figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    return drawing.svg


def _curves(curves: Mapping[int, tuple[LossPoint, ...]], salt: str) -> str:
    joined = [_joined(points) for points in curves.values()]
    with _Drawing(salt, (3.2, 2.1)) as drawing:
        axes = drawing.axes
        for steps, losses in joined:
            axes.plot(steps, losses, color=_FRONT, linewidth=1, alpha=0.8)
        if min(min(losses) for _, losses in joined) > 0:
            axes.set_yscale("log")
            _plain_ticks(axes.yaxis)
        axes.set(xlabel="iterations", ylabel="loss")
    return drawing.svg


def _plain_ticks(axis: "Axis") -> None:
    """Numbers as people write them on a logarithmic axis, few enough to be read."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=7))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _joined(points: Sequence[LossPoint]) -> tuple[list[int], list[float]]:
    """The stages of a fit one after the other, thinned out where they are long."""
    steps, start, last = [], 0, points[0]
    for point in points:
        if point.stage != last.stage:
            start += last.iteration
        steps.append(start + point.iteration)
        last = point
    stride = max(1, len(points) // _MOST_POINTS)
    return steps[::stride], [point.loss for point in points][::stride]


class _Drawing:
    """A figure in the style of the page; its SVG is there when it is left."""

    def __init__(self, salt: str, size: tuple[float, float]) -> None:
        self._salt, self._size = salt, size
        self.svg = ""

    def __enter__(self) -> "_Drawing":
        from matplotlib import rc_context
        from matplotlib.figure import Figure  # not pyplot, which keeps figures and wants screens

        self._context = rc_context({**_STYLE, "svg.hashsalt": self._salt})
        self._context.__enter__()
        self.figure: Figure = Figure(figsize=self._size, layout="constrained")
        self.axes: Axes = self.figure.subplots()
        return self

    def __exit__(self, *error: object) -> None:
        file = io.StringIO()
        self.figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
        self._context.__exit__(None, None, None)
        self.svg = _for_page(file.getvalue(), self._salt)


def _for_page(svg: str, salt: str) -> str:
    """An SVG without its prologue, in the page's colours, whose names are its own."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{salt}-", svg)
    for placeholder, colour in _COLOURS.items():
        svg = svg.replace(placeholder, colour)
    return svg


def _short(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
