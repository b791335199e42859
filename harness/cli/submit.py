"""``harness submit``: denoise what others score, write the files they take, and check them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from harness.cli.application import AppContext, pass_app
from harness.cli.completion import Name, NameOrFile
from harness.cli.describe import as_json
from harness.cli.fitting import fit_options, fit_request, job_options
from harness.cli.options import data_options, roots_of
from harness.errors import DataError, ExitCode, PluginError, UsageError
from harness.models.named import model_file
from harness.util.text import counted

if TYPE_CHECKING:
    from harness.data.dataset import Sample
    from harness.data.roots import Roots
    from harness.data.submission import Form, Submission
    from harness.plugin.registry import Registry


class _Submissions(click.Group):
    """A command for each submission that plugins announce, and those of this module."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The command of a submission, whose name may set parameters."""
        own = super().get_command(ctx, cmd_name)
        return own or click.Command(
            cmd_name,
            callback=partial(_submit, submission=cmd_name),
            params=list(_submit.__click_params__[::-1]),  # type: ignore[attr-defined]
            help="Denoise all test images of a dataset and write the files of the submission.",
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the submissions, then those of the other commands."""
        registry = ctx.ensure_object(AppContext).found
        names = [entry.spec.name for entry in registry.entries("submission")]
        return [*names, *super().list_commands(ctx)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the submissions by what their specs say."""
        registry = ctx.ensure_object(AppContext).found
        rows = [(entry.spec.name, entry.spec.summary) for entry in registry.entries("submission")]
        rows.append(("check", "Tell what is wrong with a submission before it is uploaded."))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names that begin as typed, and the options."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return [
            *map(CompletionItem, names),
            *super(click.Group, self).shell_complete(ctx, incomplete),
        ]


@click.group(cls=_Submissions)
def command() -> None:
    """Denoise what others score, and write the files that they take.

    'harness submit NAME --method METHOD --out DIR' trains the method, or takes what is trained, as
    'harness run' does; 'harness submit check PATH' tells what is wrong with files before they are
    uploaded.
    """


@click.option("--method", type=Name("method"), required=True, help="Method that denoises.")
@click.option(
    "--weights",
    type=NameOrFile("model"),
    default="",
    help="File of pretrained weights of the method, instead of training it, or the name of a model "
    "that comes along.",
)
@fit_options
@data_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder that gets the files of the submission.",
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@click.option(
    "--runs",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    show_default=True,
    help="Where results go; what is done there is not done again.",
)
@job_options
@pass_app
def _submit(app: AppContext, /, submission: str, **options: Any) -> ExitCode:
    from harness.runs.api import carry_out, plan
    from harness.runs.executor import exit_code_of
    from harness.runs.launching import Launchers
    from harness.runs.submitting import pack, refuse_to_overwrite, submission_request

    registry = app.registry
    chosen = registry.choose("submission", submission)
    if not options["overwrite"]:
        refuse_to_overwrite(registry.build(chosen), options["out"])
    method, weights = options["method"], options["weights"]
    weights = weights and model_file(weights, registry)
    request = fit_request(
        options,
        methods=(method,),
        weights={method: weights} if weights else {},
        out=options["runs"],
    )
    request = submission_request(request, chosen, registry)
    launchers = Launchers(request, registry)
    planned = plan(request, registry)
    if not options["quiet"]:
        from harness.cli.progress import ProgressDisplay

        registry.register(ProgressDisplay(), "progress")
    run = carry_out(request, registry, planned, launchers)
    if exit_code_of(run) == ExitCode.INTERRUPTED:
        return ExitCode.INTERRUPTED
    with _packing(options["quiet"]) as on_image:
        files = pack(run, chosen, registry, options["out"], on_image)
    for file in files if len(files) < _FEW else [options["out"]]:
        click.echo(file)
    click.echo(f"{counted(len(files), 'file')} written; see: harness submit check {options['out']}")
    return ExitCode.OK


_FEW = 5
"""Fewer files than this are named one by one."""


@contextmanager
def _packing(is_quiet: bool) -> Iterator[Any]:
    """Show how many images are packed."""
    from harness.cli.progress import announce

    if is_quiet:
        yield lambda done, total: None
        return
    with announce("writing the submission…") as sign:
        update = getattr(sign, "update", None)
        yield lambda done, total: update(f"writing image {done} of {total}…") if update else None


@command.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--noisy",
    type=click.Path(path_type=Path),
    metavar="ROOT",
    help="Folder of the dataset, whose noisy images tell order and orientation.",
)
@data_options
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@pass_app
def check(
    app: AppContext,
    path: Path,
    noisy: Path | None,
    root: Sequence[str],
    data_root: Path | None,
    json_: bool,
) -> ExitCode:
    """Tell what is wrong with a submission before it is uploaded; exit code 2 if anything is.

    PATH is one of its files, or the folder that holds them; which submission it is, and in which
    form, their names say. Order and orientation are told by the noisy images.
    """
    from harness.data.submission_checks import check_submission

    registry = app.registry
    found = _found(registry, path)
    results = []
    for name, target, form in found:
        samples, remark = _noisy(registry, name, noisy, roots_of(root, data_root))
        problems = check_submission(target, form, samples)
        if samples and target.expected not in (None, len(samples)):
            remark = (
                f"compared with {counted(len(samples), 'noisy image')}: a whole submission has "
                f"{target.expected}"
            )
        results.append({"submission": name, "form": form.name, "path": str(form.path),
                        "problems": problems, "remark": remark})  # fmt: skip
    if json_:
        click.echo(as_json("submission", results=results))
    else:
        for result in results:
            click.echo(_text(result))
    return ExitCode.USAGE if any(result["problems"] for result in results) else ExitCode.OK


def _text(result: dict[str, Any]) -> str:
    """What a check found, a line for each problem."""
    head = f"{result['path']}: {result['submission']}, {result['form']}"
    problems = [f"  wrong: {problem}" for problem in result["problems"]]
    remark = [f"  {result['remark']}"] if result["remark"] else []
    return "\n".join([head, *(problems or ["  nothing is wrong"]), *remark])


def _found(registry: "Registry", path: Path) -> "list[tuple[str, Submission, Form]]":
    """Every submission that lies at a path, and in which form.

    Raises:
        DataError: there is none; says what would be recognised.
    """
    if not path.exists():
        raise DataError(f"there is no file or folder {path}")
    entries = registry.entries("submission")
    found, problems = [], list[str]()
    for entry in entries:
        try:
            target = registry.build(registry.choose("submission", entry.spec.name))
        except PluginError as error:  # the others can be told without it
            problems.append(f"; {error}")
            continue
        found += [(entry.spec.name, target, form) for form in target.forms(path)]
    if not found:
        known = "; ".join(
            f"{entry.spec.name}: {getattr(entry.spec, 'files', '')}" for entry in entries
        )
        raise DataError(
            f"{path} is no submission that is known by its names ({known}){''.join(problems)}"
        )
    return found


def _noisy(
    registry: "Registry", name: str, noisy: Path | None, roots: "Roots"
) -> "tuple[Sequence[Sample], str]":
    """The test images that a submission is of; none, and a remark, where nobody says where.

    Raises:
        DataError: they are not where ``--noisy`` says.
    """
    from harness.data.roots import Roots
    from harness.specs import SubmissionSpec

    spec = registry.find("submission", name).spec
    assert isinstance(spec, SubmissionSpec)
    dataset = registry.choose("dataset", spec.dataset)
    if noisy is not None:
        roots = Roots({**roots.named, dataset.name: noisy}, roots.base)
    try:
        rooted = roots.rooted(dataset, registry)
    except (DataError, UsageError):
        if noisy is not None:
            raise
        remark = "number, order and orientation were not compared: --noisy ROOT"
        return (), f"{remark} says where {dataset.name} lies"
    return registry.build(rooted).samples("test"), ""
