"""``harness denoise``: photographs in, photographs out."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import types
from harness.cli.application import AppContext, pass_app
from harness.cli.completion import Name, NameOrFile
from harness.cli.describe import as_json
from harness.errors import ExitCode, UsageError
from harness.models.named import default_model
from harness.plugin.blame import blaming
from harness.specs import MethodSpec, ViewerSpec
from harness.util.allocator import keep_freed_memory
from harness.util.files import write_text

if TYPE_CHECKING:
    from harness.photos.denoising import DenoiserOf, Outcome
    from harness.plugin.registry import Registry
    from harness.results.reference import Reference


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("denoised"),
    show_default=True,
    help="Folder for the results, which have the names of their sources.",
)
@click.option(
    "--model",
    type=NameOrFile("model"),
    default="",
    help="A file that 'harness export' wrote, or a model that comes along.",
)
@click.option("--method", type=Name("method"), default="", help="Method, instead of a model.")
@click.option("--fit", is_flag=True, help="Train the method on these photographs first.")
@click.option(
    "--budget",
    type=types.Budget(),
    default="quick",
    show_default=True,
    help="What --fit may spend: 'quick', 'paper', '2000it', '15m'.",
)
@click.option(
    "--seed", type=types.WholeNumber(0), default=0, show_default=True, help="Root of all draws."
)
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1, mps, auto.")
@click.option("--tile", type=types.WholeNumber(16), help="Side of the tiles for large images.")
@click.option("--recursive", is_flag=True, help="Take the sub-folders of folders too.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["keep", "png"]),
    default="keep",
    show_default=True,
    help="Kind of the results: that of each source, or PNG.",
)
@click.option(
    "--compare",
    is_flag=True,
    help="Write a page, DIR/compare.html, with noisy and denoised side by side.",
)
@click.option(
    "--viewer",
    type=Name("viewer"),
    default="html",
    show_default=True,
    help="Viewer that makes the page of --compare.",
)
@click.option("--overwrite", is_flag=True, help="Denoise again what is there already.")
@click.option(
    "--runs",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    show_default=True,
    help="Where --fit keeps what it trains; what is trained is not trained again.",
)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
@pass_app
def command(app: AppContext, /, inputs: tuple[Path, ...], out: Path, **options: Any) -> ExitCode:
    """Denoise photographs: files, and folders of them.

    Say neither --model nor --method to take the model that comes along.

    Kind, bit depth, alpha, colour profile, EXIF and orientation of each are kept. What is there
    already is left as it is. One that fails is said in a line, and the others go on.
    """
    registry = app.registry
    is_default = not any(options[name] for name in ("model", "method", "fit"))
    if is_default:
        options["model"] = default_model(registry)
    _check(registry, options)
    from harness.photos.denoising import denoise_photos
    from harness.photos.files import check_writable, tasks_of

    as_png = options["format_"] == "png"
    tasks = tasks_of(inputs, out, recursive=options["recursive"], suffix=".png" if as_png else "")
    to_do = [each for each in tasks if options["overwrite"] or not each.target.exists()]
    if to_do:
        check_writable(out)
        keep_freed_memory()
    denoiser_of = _denoiser_of(registry, options, [task.source for task in to_do])
    outcomes = list(
        _shown(
            denoise_photos(tasks, denoiser_of, as_png=as_png, overwrite=options["overwrite"]),
            len(tasks),
            is_quiet=options["quiet"] or options["json_"],
        )
    )
    counts = {
        status: sum(each.status == status for each in outcomes)
        for status in ("done", "skipped", "failed")
    }
    viewer = registry.choose("viewer", options["viewer"]) if options["compare"] else None
    page = _compared(registry, viewer, outcomes, out) if viewer else None
    if options["json_"]:
        rows = [
            {
                "source": each.task.source,
                "target": each.task.target,
                "status": each.status,
                "error": each.error,
            }
            for each in outcomes
        ]
        by = {"model": options["model"] or None, "method": options["method"] or None}
        click.echo(as_json("denoised", **by, **counts, page=page, images=rows))
    else:
        there = f", {counts['skipped']} there already" if counts["skipped"] else ""
        failed = f", {counts['failed']} failed" if counts["failed"] else ""
        click.echo(f"{counts['done']} of {len(tasks)} denoised{there}{failed}: {out}")
        if page:
            click.echo(f"side by side: {page}")
        if is_default and counts["done"]:
            name = options["model"]
            click.echo(f"with the model {name}, which comes along; see: harness show {name}")
    return ExitCode.FAILED if counts["failed"] else ExitCode.OK


def _check(registry: "Registry", options: dict[str, Any]) -> None:
    """See that a model or a method was given, and that it can be used.

    Raises:
        UsageError: neither was, or both, or the method needs what there is not.
        UnknownNameError: no plugin writes the page of ``--compare``.
    """
    if options["compare"]:
        registry.choose("viewer", options["viewer"])
    model, method, fit = options["model"], options["method"], options["fit"]
    if bool(model) == bool(method):
        raise UsageError(
            "say how to denoise: --model NAME or FILE, --method NAME --fit to train it on these "
            "photographs, or --method NAME for one that needs no training (see: harness list "
            "models, harness list methods)"
        )
    if model:
        if fit:
            raise UsageError("--fit trains a method; a model is trained: leave out one of them")
        return
    chosen = registry.choose("method", method)
    spec = registry.find("method", chosen.name).spec
    assert isinstance(spec, MethodSpec)
    if spec.oracle:
        raise UsageError(f"{method} is given the clean image, and photographs have none")
    if spec.trains and not fit:
        raise UsageError(
            f"{method} must be trained: say --fit to train it on these photographs, or --model "
            "FILE for one that is"
        )
    if fit and not spec.trains:
        raise UsageError(f"{method} needs no training: leave out --fit")
    if fit and registry.view_of(chosen) != "noisy":
        raise UsageError(f"{method} learns from clean images too, and photographs have none")


def _denoiser_of(
    registry: "Registry", options: dict[str, Any], sources: list[Path]
) -> "DenoiserOf":
    """Gives the denoiser for photographs of a kind."""
    from harness.models.denoiser import Denoiser
    from harness.models.model import load_model
    from harness.runs.devices import chosen_device

    device, tile = chosen_device(options["device"]), options["tile"]
    if options["model"]:
        model = load_model(options["model"], registry, device, tile)
        return lambda channels, dtype: model
    if options["fit"]:
        return _fitted(registry, options, sources)
    method = registry.choose("method", options["method"])

    @cache
    def made(channels: int) -> Denoiser:
        built = registry.build(method, channels)
        return Denoiser(built, channels, options["seed"], device, tile)

    return lambda channels, dtype: made(channels)


def _fitted(registry: "Registry", options: dict[str, Any], sources: list[Path]) -> "DenoiserOf":
    """Denoisers that are trained on the photographs."""
    from harness.photos.fitting import fit_denoisers
    from harness.runs.request import Request

    if not options["quiet"] and not options["json_"]:
        from harness.cli.progress import ProgressDisplay

        registry.register(ProgressDisplay(), "progress")
    request = Request(
        methods=options["method"],
        budget=options["budget"],
        seeds=(options["seed"],),
        device=options["device"],
        out=options["runs"],
    )
    return fit_denoisers(sources, request, registry, options["tile"])


def _compared(
    registry: "Registry", viewer: "Reference", outcomes: Iterable["Outcome"], out: Path
) -> Path | None:
    """Write the page of all that was denoised, now or before; None where nothing was."""
    from harness.photos.comparing import pairs_of

    pairs = pairs_of(outcomes, out)
    if not pairs:
        return None
    spec = registry.find(viewer.kind, viewer.name).spec
    assert isinstance(spec, ViewerSpec)
    view = registry.build(viewer)
    with blaming(f"viewer {viewer.label!r}"):
        text = view(pairs)
    write_text(out / spec.filename, text)
    return out / spec.filename


def _shown(outcomes: Iterable["Outcome"], total: int, *, is_quiet: bool) -> Iterator["Outcome"]:
    """The outcomes, with a bar while they come, and a line for each that fails."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    shown = outcomes
    if not is_quiet and console.is_terminal:
        shown = track(outcomes, "denoising", total=total, console=console, transient=True)
    for outcome in shown:
        if outcome.error:
            click.echo(f"failed: {outcome.error}", err=True)
        elif outcome.status == "done" and not is_quiet and not console.is_terminal:
            click.echo(outcome.task.target)
        yield outcome
