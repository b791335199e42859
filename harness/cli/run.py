"""``harness run``: plan, train, test, report."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import types
from harness.cli.application import AppContext, pass_app
from harness.cli.completion import Name, Names
from harness.cli.options import data_options, roots_of
from harness.errors import ExitCode, UsageError
from harness.plugin.blame import blaming
from harness.util.text import cut, whole_number

if TYPE_CHECKING:
    from harness.plugin.registry import Choice, Registry
    from harness.results.jobs import CellJob, FitJob
    from harness.results.plan import Plan
    from harness.results.records import Run
    from harness.runs.planning import Request
    from harness.runs.store import Store

METRICS = "psnr,ssim,lpips,latency,parameters"


@click.command()
@click.option(
    "--methods",
    type=Names("method"),
    default="",
    help="Methods, such as 'mine,other[width=32]'.",
)
@click.option(
    "--suite",
    type=Name("suite"),
    default="",
    help="A suite of methods, such as the table of a paper.",
)
@click.option(
    "--datasets",
    type=Names("dataset"),
    default="",
    help="Datasets to test on.  [default: see harness list datasets]",
)
@click.option(
    "--metrics",
    type=Names("metric"),
    default=METRICS,
    show_default=True,
    help="What to measure.",
)
@click.option(
    "--train",
    type=Name("dataset"),
    default="",
    help="Dataset to train on; else the tested one's default.",
)
@click.option(
    "--train-on",
    type=click.Choice(["train", "test"]),
    default="train",
    show_default=True,
    help="Training images, or the noisy half of the test images; the table says so.",
)
@click.option(
    "--clean",
    type=Name("dataset"),
    default="",
    help="Dataset of clean images for unpaired training; else other scenes of the training data.",
)
@click.option(
    "--weights",
    multiple=True,
    metavar="METHOD=FILE",
    help="Published weights of a method, instead of training it; repeatable.",
)
@click.option(
    "--budget",
    type=types.Budget(),
    default="quick",
    show_default=True,
    help="'quick': narrowed for a CPU; 'paper': as published; '2000it'; '15m'; 'quick:2000it'.",
)
@click.option(
    "--seeds", type=types.Seeds(), default="0", show_default=True, help="Seeds, such as '0,1,2'."
)
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1, mps, auto.")
@click.option(
    "--precision",
    type=click.Choice(["fp32", "bf16", "fp16"]),
    default="fp32",
    show_default=True,
    help="Mixed precision of training and inference.",
)
@click.option(
    "--processes",
    type=types.WholeNumber(1),
    default=1,
    show_default=True,
    help="Data-parallel processes of a fit.",
)
@click.option(
    "--launcher",
    type=Name("launcher"),
    default="",
    help="Where jobs start.  [default: local, or accelerate]",
)
@click.option(
    "--accumulate",
    type=types.WholeNumber(1),
    default=1,
    show_default=True,
    help="Parts into which a batch is cut to save memory.",
)
@click.option("--compile", "compile_", is_flag=True, help="Compile the stages with torch.compile.")
@click.option(
    "--checkpoint-every",
    type=types.Number(0),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="Time between checkpoints.",
)
@click.option("--tile", type=types.WholeNumber(16), help="Side of the tiles for large images.")
@click.option(
    "--images",
    type=types.CountOrAll(),
    default="8",
    show_default=True,
    metavar="N|all",
    help="Denoised images to keep per method and dataset.",
)
@data_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    show_default=True,
    help="Where results go; what is done there is not done again.",
)
@click.option("--fresh", is_flag=True, help="Do again what is done.")
@click.option("--timeout", type=types.Duration(), help="Time that a job may take, such as '30m'.")
@click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
@click.option("--json", "json_", is_flag=True, help="Print the records, or the plan, as JSON.")
@click.option("--quiet", is_flag=True, help="No progress bars.")
@pass_app
def command(app: AppContext, /, **options: Any) -> ExitCode:
    """Train and measure methods side by side, and print the table."""
    if not options["methods"] and not options["suite"]:
        raise UsageError("say which methods to run: --methods NAME,… (see: harness list methods)")
    from harness.runs.executor import Execution, execute, exit_code_of
    from harness.runs.planning import make_plan
    from harness.runs.store import Store

    registry = app.registry
    launcher_of = _launchers(registry, options["launcher"])
    request = _request(registry, options)
    store = Store(options["out"])
    plan = make_plan(request, registry, store, roots_of(options["root"], options["data_root"]))
    if options["dry_run"]:
        _show_plan(plan, store, fresh=options["fresh"], as_json=options["json_"])
        return ExitCode.OK
    if not options["quiet"] and not options["json_"]:
        from harness.cli.progress import ProgressDisplay

        registry.register(ProgressDisplay(), "progress")
    run = execute(
        plan,
        registry,
        store,
        _writer(plan, registry, request, store),
        launcher_of,
        Execution(fresh=options["fresh"], timeout=options["timeout"]),
    )
    _show_run(run, registry, as_json=options["json_"], debug=app.debug)
    return exit_code_of(run)


def _request(registry: "Registry", options: dict[str, Any]) -> "Request":
    from harness.runs.planning import Request
    from harness.worker.machine import device_name

    methods, datasets = _methods_and_datasets(registry, options)
    device = _device(options["device"], options["precision"], options["processes"])
    return Request(
        methods=methods,
        datasets=datasets,
        metrics=registry.choose_all("metric", options["metrics"]),
        train=registry.choose("dataset", options["train"]) if options["train"] else None,
        train_on=options["train_on"],
        clean=registry.choose("dataset", options["clean"]) if options["clean"] else None,
        budget=options["budget"],
        seeds=options["seeds"],
        device=device,
        device_name=device_name(device),
        precision=options["precision"],
        processes=options["processes"],
        accumulate=options["accumulate"],
        compile=options["compile_"],
        checkpoint_seconds=options["checkpoint_every"],
        images=options["images"],
        tile=options["tile"],
        weights=_weights(registry, methods, options["weights"]),
    )


def _methods_and_datasets(
    registry: "Registry", options: dict[str, Any]
) -> tuple[list["Choice"], list["Choice"]]:
    """What was asked for by name, and what a suite adds."""
    methods = registry.choose_all("method", options["methods"]) if options["methods"] else []
    datasets = options["datasets"]
    if options["suite"]:
        suite = registry.choose("suite", options["suite"]).spec
        methods += [registry.choose("method", text) for text in suite.methods]
        datasets = datasets or ",".join(suite.datasets)
    chosen = registry.choose_all("dataset", datasets) if datasets else registry.default_datasets()
    if not chosen:
        raise UsageError("say what to test on: --datasets NAME,… (see: harness list datasets)")
    return methods, chosen


def _device(name: str, precision: str, processes: int) -> str:
    """The device to use; refuses what this machine cannot do.

    Raises:
        UsageError: there is no such device, or it cannot do what is asked.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    kind, colon, text = name.partition(":")
    index = whole_number(text) if colon else 0
    count = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(_has_mps())}.get(kind)
    if count is None or index is None or index < 0:
        raise UsageError(f"there is no device {cut(name)!r}: say cpu, cuda, cuda:1, mps or auto")
    if index >= count:
        raise UsageError(f"this machine has no device {name!r}; --device cpu always works")
    if precision == "fp16" and kind == "cpu":
        raise UsageError("--precision fp16 needs a GPU; bf16 works on a CPU")
    if kind == "cuda" and processes > count:
        raise UsageError(f"--processes {processes} needs as many GPUs, and there are {count}")
    return name


def _has_mps() -> bool:
    import torch

    return torch.backends.mps.is_available()


def _weights(
    registry: "Registry", methods: list["Choice"], texts: tuple[str, ...]
) -> dict[str, Path]:
    """Files of weights by label of the method that they are for."""
    files = {}
    labels = [method.label for method in methods]
    for text in texts:
        selector, equals, file = _cut_at_equals(text)
        if not equals or not selector or not file:
            raise UsageError(f"cannot read --weights {text!r}: write METHOD=FILE")
        label = registry.choose("method", selector).label
        if label not in labels:
            raise UsageError(f"--weights {text!r}: the run has no method {label!r}")
        files[label] = Path(file).expanduser().absolute()
    return files


def _cut_at_equals(text: str) -> tuple[str, str, str]:
    """Cut at the first equals sign that does not stand in brackets."""
    depth = 0
    for index, character in enumerate(text):
        depth += {"[": 1, "]": -1}.get(character, 0)
        if character == "=" and depth == 0:
            return text[:index], "=", text[index + 1 :]
    return text, "", ""


def _launchers(registry: "Registry", name: str) -> Any:
    """Chooses the launcher of a job: the one asked for, or the one that fits."""
    made: dict[str, Any] = {}

    def launcher_of(job: Any) -> Any:
        fitting = "accelerate" if getattr(job, "processes", 1) > 1 else "local"
        chosen = name or fitting
        if chosen not in made:
            choice = registry.choose("launcher", chosen)
            launcher = registry.load(choice)
            with blaming(f"launcher {choice.label!r}"):
                made[chosen] = launcher(**choice.parameters())
        return made[chosen]

    if name:
        registry.choose("launcher", name)  # an unknown one is said before work starts
    return launcher_of


def _writer(plan: "Plan", registry: "Registry", request: "Request", store: "Store") -> Any:
    """Start the folder of the run."""
    from harness.runs.provenance import provenance
    from harness.runs.store import RunWriter
    from harness.worker.main import empty_record

    chosen = [*request.methods, *request.datasets, *request.metrics]
    packages = {"harness", *(c.spec.target.partition(".")[0].partition(":")[0] for c in chosen)}
    return RunWriter(
        store.root,
        provenance(packages, request.seeds, registry.events.harness_provenance()),
        [*map(empty_record, plan.fits), *map(empty_record, plan.cells)],
    )


def _show_plan(plan: "Plan", store: "Store", *, fresh: bool, as_json: bool) -> None:
    """Print what a run would do."""
    from harness.results.records import dump_json

    done = {
        job.key: not fresh and found is not None
        for job, found in (
            *((fit, store.finished_fit(fit.key)) for fit in plan.fits),
            *((cell, store.finished_cell(cell.key)) for cell in plan.cells),
        )
    }
    jobs: list[FitJob | CellJob] = [*plan.fits, *plan.cells]
    if as_json:
        rows = [{"key": job.key, "job": job.title, "done": done[job.key]} for job in jobs]
        click.echo(dump_json(rows, indent=1))
        return
    for job in jobs:
        click.echo(f"{'done  ' if done[job.key] else 'to do '} {job.key}  {job.title}")
    count = sum(not is_done for is_done in done.values())
    click.echo(f"{len(jobs)} jobs, {count} to do")


def _show_run(run: "Run", registry: "Registry", *, as_json: bool, debug: bool) -> None:
    """Print the table of a run, and what there is to say of it."""
    if as_json:
        write = registry.load(registry.find("report", "json"))
        with blaming("report 'json'"):
            text = write(run)
        click.echo(text)
        return
    from harness.cli.table import print_summary
    from harness.runs.table import summarise

    print_summary(summarise(run))
    records = [*run.fits, *run.cells]
    if debug:
        for record in records:
            click.echo(record.traceback, err=True, nl=False)
    if all(record.reused for record in records):
        click.echo("nothing was computed: every result was there; --fresh computes them again")
    click.echo(f"run: {_short(run.folder)}")


def _short(folder: Path) -> str:
    """A path as people would type it."""
    try:
        return str(folder.relative_to(Path.cwd()))
    except ValueError:
        return str(folder)
