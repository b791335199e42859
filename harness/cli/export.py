"""``harness export``: a trained method of a run as one file."""

from pathlib import Path

import click

from harness.cli import types
from harness.cli.application import AppContext, pass_app
from harness.cli.options import RUNS
from harness.errors import UsageError
from harness.results.onnx_file import OPSET

_SUFFIXES = {"safetensors": ".safetensors", "onnx": ".onnx"}


@click.command()
@click.argument("run", metavar="[RUN]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--method", required=True, metavar="METHOD", help="Its name, or its label in the table."
)
@click.option("--dataset", default="", help="Dataset that it was tested on, where there are more.")
@click.option("--seed", type=int, help="Seed of its training; default: the first one.")
@click.option("--licence", default="", metavar="TEXT", help="Terms of the model.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The file to write; default: METHOD.safetensors, or METHOD.onnx.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(_SUFFIXES)),
    help="Kind of file; default: what --out ends in, or safetensors. ONNX is for other programs.",
)
@click.option(
    "--opset",
    type=types.WholeNumber(OPSET),
    default=OPSET,
    show_default=True,
    help="Version of the operators of ONNX.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@pass_app
def command(
    app: AppContext,
    run: Path | None,
    method: str,
    dataset: str,
    seed: int | None,
    licence: str,
    out: Path | None,
    format_: str | None,
    opset: int,
    *,
    force: bool,
) -> None:
    """Write a trained method of a run as one file: weights, parameters, scores and origin.

    RUN is the folder of a run; by default, the newest below ./runs. The file goes wherever
    --weights does, and 'harness show FILE' says what is in it. A file of ONNX is for other
    programs; it is kept if onnxruntime gets the same from it as PyTorch, within 0.0001.
    """
    from harness.models.export import choose_fit, export_model
    from harness.runs.folder import load_run, newest_run

    loaded = load_run(run or newest_run(RUNS))
    fit = choose_fit(loaded, method, dataset, seed)
    path = _path(out, fit.job.method.name, format_)
    if path.exists() and not force:
        raise UsageError(f"{path} is there already: say another --out, or --force")
    about = f"{path}  {fit.method} trained on {fit.trained_on}, seed {fit.seed}"
    if path.suffix == _SUFFIXES["onnx"]:
        from harness.models.onnx_export import export_fit

        made = export_fit(loaded, fit, path, app.registry, licence, opset).interface
        about += f"\ninput {made}; differs from PyTorch by {made.difference:.1g} at most"
    else:
        export_model(loaded, fit, path, app.registry, licence)
    click.echo(about)


def _path(out: Path | None, name: str, format_: str | None) -> Path:
    """The file to write.

    Raises:
        UsageError: its ending is none of a model, or of another format.
    """
    if out is None:
        return Path(f"{name}{_SUFFIXES[format_ or 'safetensors']}")
    wanted = [_SUFFIXES[format_]] if format_ else list(_SUFFIXES.values())
    if out.suffix not in wanted:
        raise UsageError(f"--out {out}: the name of a model ends in {' or '.join(wanted)}")
    return out
