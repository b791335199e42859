"""Where sides come from: folders of runs, reports in JSON, baselines, and pytest-benchmark."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import ReportError
from harness.gate.baselines import KIND as BASELINE
from harness.gate.baselines import cells_of_baseline
from harness.gate.cells import Cells, GatedCell, GatedScore, Side, cells_of, gated
from harness.results.columns import Column
from harness.results.records import CellRecord, FitRecord, ImageScore, from_plain_record
from harness.runs.folder import RUN, load_run
from harness.util.text import first_line

_SECONDS = Column(
    metric="median",
    label="Time",
    protocol="",
    measures="method",
    higher_is_better=False,
    unit="s",
    decimals=6,
    tolerance=0.1,
    depends_on_machine=True,
)


def read_side(path: Path) -> Side:
    """Read what is to be compared.

    Args:
        path: folder of a run, folder of baselines, or a file: what the report ``json`` writes, a
            baseline, or what ``pytest --benchmark-json`` writes.

    Raises:
        ReportError: it cannot be read, or is nothing of the kind.
    """
    if (path / RUN).exists():
        return Side(name=str(path), cells=cells_of(load_run(path)))
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        if not files:
            raise ReportError(f"{path} is neither the folder of a run nor one of baselines")
        return Side(name=str(path), cells=tuple(c for file in files for c in _read(file)))
    return Side(name=str(path), cells=_read(path))


def _read(path: Path) -> Cells:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return _reader_of(data)(data)
    except OSError as error:
        raise ReportError(f"cannot read {path}: {error.strerror}") from error
    except ReportError as error:
        raise ReportError(f"cannot read {path}: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ReportError(f"cannot read {path}: {first_line(error)}") from error


def _reader_of(data: Any) -> Callable[[Any], Cells]:
    if isinstance(data, dict):
        readers = {BASELINE: cells_of_baseline, "run": _of_report}
        if data.get("kind") in readers:
            return readers[data["kind"]]
        if "benchmarks" in data and "machine_info" in data:
            return _of_benchmarks
    raise ReportError("it is neither a report, a baseline nor a file of benchmarks, in JSON")


def _of_report(data: Mapping[str, Any]) -> Cells:
    """The cells of what the report ``json`` writes."""
    fits = {each.key: each for each in map(from_plain_record, data["fits"])}
    images = _images_of_report(data.get("scores", {}))
    cells = []
    for cell in map(from_plain_record, data["cells"]):
        assert isinstance(cell, CellRecord)
        fit = fits.get(cell.job.fit.key) if cell.job.fit else None
        own = fit if isinstance(fit, FitRecord) else None
        cells.append(gated(cell, own, images.get(cell.key, [])))
    return tuple(cells)


def _images_of_report(scores: Mapping[str, Any]) -> dict[str, list[ImageScore]]:
    """The scores of images in a report's rows, by key of the cell; none in a report without."""
    found: dict[str, list[ImageScore]] = {}
    columns: Sequence[str] = scores.get("columns", [])
    for fields in scores.get("data", []):
        row = dict(zip(columns, fields, strict=True))
        if row["level"] == "image":
            value = None if row["value"] is None else float(row["value"])
            score = ImageScore(row["image"], row["scene"], row["metric"], value)
            found.setdefault(row["key"], []).append(score)
    return found


def _of_benchmarks(data: Mapping[str, Any]) -> Cells:
    """The median times of benchmarks, each as a cell of its own without a dataset."""
    machine, processor = data["machine_info"], data["machine_info"].get("cpu", {})
    conditions = {
        "processor": str(processor.get("brand_raw", machine.get("processor", ""))),
        "machine": str(machine.get("machine", "")),
        "cores": str(processor.get("count", "")),
        "system": f"{machine.get('system', '')} {machine.get('release', '')}".strip(),
        "python": f"{machine.get('python_implementation', '')} {machine['python_version']}".strip(),
    }
    return tuple(
        GatedCell(
            method=each["fullname"],
            dataset="",
            conditions=conditions,
            scores=(
                GatedScore(
                    column=_SECONDS,
                    value=float(each["stats"]["median"]),
                    spread=float(each["stats"]["stddev"]),
                    count=int(each["stats"]["rounds"]),
                ),
            ),
        )
        for each in data["benchmarks"]
    )
