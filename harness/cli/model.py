"""What ``harness show`` prints of a model file."""

from pathlib import Path
from typing import Any

import click

from harness.cli import layout
from harness.cli.describe import as_json
from harness.results.model import ONNX, ModelHeader, ModelScore, require_model_header
from harness.results.onnx_file import DENOISED, NOISY, OnnxInterface, read_onnx_header
from harness.results.serial import plain
from harness.util.text import counted

MODEL_SUFFIXES = (".safetensors", ONNX)
"""Endings of models."""


def show_model(path: Path, *, is_json: bool) -> None:
    """Print what a model file says of itself; raises as :func:`model_text`."""
    if is_json:
        click.echo(as_json("model", **plain_model(path)))
    else:
        click.echo(model_text(path))


def plain_model(path: Path) -> dict[str, Any]:
    """What a model file says of itself, for JSON; raises as :func:`model_text`."""
    header, interface = _read(path)
    return {"model": plain(header), "onnx": plain(interface)}


def model_text(path: Path) -> str:
    """What a model file says of itself, for people.

    Raises:
        DataError: it cannot be read, or is no model.
    """
    header, interface = _read(path)
    facts = [
        ("method", header.method.selector),
        ("plugin", f"{header.method.plugin} {header.method.version}".strip()),
        ("trained on", f"{header.trained_on}, split {header.train_split}"),
        (
            "training saw",
            header.view + (f", clean images of {header.clean}" if header.clean else ""),
        ),
        ("budget", header.budget),
        ("seed", str(header.seed)),
        ("stages", "; ".join(f"{s.name}: {s.iterations:,} iterations" for s in header.stages)),
        ("parameters trained", f"{header.trained_parameters or 0:,}"),
        ("finished", header.finished),
        ("licence", header.licence or "not stated"),
        ("of the data", header.data_licence),
        ("of the method", header.method_licence),
        ("trained with", ", ".join(f"{name} {text}" for name, text in header.libraries.items())),
    ]
    facts += _called(interface) if interface else []
    rows = [("", f"{name}:", fact) for name, fact in facts if fact]
    parts = [f"model {path}", layout.table(rows)]
    if header.scores:
        parts.append("scores\n" + layout.table(map(_score, header.scores)))
    return "\n\n".join(parts)


def _read(path: Path) -> tuple[ModelHeader, OnnxInterface | None]:
    if path.suffix == ONNX:
        whole = read_onnx_header(path)
        return whole.model, whole.interface
    return require_model_header(path), None


def _called(interface: OnnxInterface) -> list[tuple[str, str]]:
    """How a model of ONNX is called."""
    return [
        ("opset", str(interface.opset)),
        ("input", f"{NOISY}, {interface}"),
        ("output", f"{DENOISED}, of the same shape, not clipped"),
        ("from PyTorch", f"differs by {interface.difference:.1g} at most"),
    ]


def _score(score: ModelScore) -> tuple[str, ...]:
    """A row: on what, which metric, how much, and what must be known of it."""
    seen = f"training saw {score.seen} of them" if score.seen else ""
    over = counted(score.images, "image") if score.images else ""
    return (
        "",
        f"{score.dataset}, {score.split}",
        score.score,
        f"{score.value:.6g} {score.unit}".strip(),
        "; ".join(filter(None, [over, seen])),
    )
