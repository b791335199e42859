"""A run as one page, which opens from disk without a network."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from harness import (
    PUBLISHED_HEADERS,
    Column,
    DatasetTable,
    Figure,
    Positive,
    Run,
    RunTables,
    ShownPublished,
    method_cards,
    tables_of,
)
from harness_reports.page import pixels
from harness_reports.page.choice import Pixels
from harness_reports.page.gallery import Gallery, make_gallery
from harness_reports.page.plots import Plot, curves_of, trades_of
from harness_reports.page.rendering import render
from harness_reports.values import caption_of, commands_of, labels_of, method_of, shown, status_of

PAGE, ASSETS = "report.html", "assets"
"""The page, and the folder of pictures beside it."""

CUT = 192
"""Side of the part of an image that is shown where pictures lie within the page."""

_SCRIPTS = ("tables.js", "gallery.js", "scatter.js")


def html(
    run: Run,
    published: ShownPublished = "agreeing",
    pictures: Positive = 8,
    assets: bool = False,
) -> str | Mapping[str, str | bytes]:
    """A page with tables, differences, pictures, plots and method cards.

    Args:
        run: with its records; pictures and curves are read from where they are kept.
        published: which published values are shown.
        pictures: images shown of every dataset, of those that were kept.
        assets: whole and exact pictures lie beside the page, and not within it cut and compressed.

    Returns:
        The page; with ``assets`` all files, by name.
    """
    made = tables_of(run, published)
    beside = _Assets() if assets else None
    sections = [
        _section(run, made, table, number, pictures, beside)
        for number, table in enumerate(made.tables)
    ]
    page = _render(run, made, sections)
    return page if beside is None else {PAGE: page, **beside.files}


@dataclass
class _Assets:
    """Pictures beside the page."""

    files: dict[str, bytes] = field(default_factory=dict)

    def address(self, _: str, image: Pixels) -> str:
        """Keep a picture, once; returns where it lies."""
        suffix, content = pixels.encoded(image, exact=True)
        name = f"{ASSETS}/{hashlib.sha256(content).hexdigest()[:20]}.{suffix}"
        self.files[name] = content
        return name


@dataclass(frozen=True)
class _Section:
    """What the page has of a dataset."""

    id: str
    table: DatasetTable
    gallery: Gallery
    trades: list[Plot]
    scatter: dict[str, Any]


def _section(
    run: Run,
    made: RunTables,
    table: DatasetTable,
    number: int,
    pictures: int,
    beside: _Assets | None,
) -> _Section:
    name = f"dataset-{number}"
    side, address = (None, beside.address) if beside else (CUT, _inline)
    return _Section(
        id=name,
        table=table,
        gallery=make_gallery(run, table, made, pictures, side, address),
        trades=list(trades_of(table, name)),
        scatter=_scatter(made, table),
    )


def _inline(_: str, image: Pixels) -> str:
    return pixels.inline(image)


def _scatter(made: RunTables, table: DatasetTable) -> dict[str, Any]:
    """The scores of all images by all methods and metrics; nothing where there are not two."""
    scored = [(n, s) for key, n in labels_of(table).items() if (s := made.scores.get(key))]
    columns = [column for column in table.columns if column.measures == "image"]
    if len(scored) < 2 or not columns:
        return {}
    images = list(dict.fromkeys(each.image for _, scores in scored for each in scores))
    metrics = []
    for column in columns:
        values = [
            {each.image: each.value for each in scores if each.metric == column.metric}
            for _, scores in scored
        ]
        metrics.append(
            {
                "name": column.header,
                "decimals": column.decimals,
                "higher": column.higher_is_better,
                "values": [[_finite(of_one.get(image)) for image in images] for of_one in values],
            }
        )
    return {
        "methods": [m for m, _ in scored],
        "images": images,
        "metrics": metrics,
        "shown": [0, 1],
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _render(run: Run, made: RunTables, sections: list[_Section]) -> str:
    return render(
        "page.html",
        _SCRIPTS,
        title=run.title or "Denoisers compared",
        facts=_facts(run),
        sections=sections,
        notes=made.notes,
        apart=made.summary.published_texts(),
        apart_heads=PUBLISHED_HEADERS,
        commands=list(commands_of(run)),
        curves=list(curves_of(run)),
        cards=method_cards(run),
        caption_of=caption_of,
        labels_of=labels_of,
        method_of=method_of,
        status_of=status_of,
        shown=shown,
        value_of=_value_of,
        signed=_signed,
        svg_of=_svg_of,
    )


def _facts(run: Run) -> list[str]:
    """What the run is, in a few lines."""
    counts = {
        "method": len({cell.method for cell in run.cells}),
        "dataset": len({cell.dataset for cell in run.cells}),
        "seed": len({cell.seed for cell in run.cells}),
    }
    told = ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for what, n in counts.items())
    failed = sum(cell.status != "done" for cell in run.cells)
    return [told + (f"; {failed} of {len(run.cells)} cells not done" if failed else "")]


def _value_of(figure: Figure) -> str:
    """A number as sorting reads it; empty for none."""
    value = figure.value.mean if figure.value else None
    if value is None:
        return ""
    return repr(value) if math.isfinite(value) else "Infinity"


def _signed(column: Column, number: float | None) -> str:
    """A difference with its sign, in the metric's decimals."""
    if number is None:
        return "–"
    sign = "+" if number > 0 else "−" if number < 0 else ""
    return sign + column.format(abs(number))


def _svg_of(plot: Plot) -> Markup:
    """A plot as it is: in it, matplotlib has escaped all names."""
    return Markup(plot.svg)
