"""``harness data``: which datasets are here, where, and whether they are whole; decoded once."""

import sys
from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from harness.cli import layout
from harness.cli.application import AppContext, pass_app
from harness.cli.completion import Name
from harness.cli.describe import as_json
from harness.cli.options import data_options, named_roots, roots_of
from harness.cli.progress import announce, counting
from harness.cli.types import WholeNumber
from harness.errors import ExitCode, UsageError
from harness.results.serial import plain
from harness.specs import DatasetSpec
from harness.util.text import counted, size_text

if TYPE_CHECKING:
    from harness.data.content import ImageDigests
    from harness.data.doctor import Examination
    from harness.data.manifest import Manifest
    from harness.data.presence import DatasetState
    from harness.data.roots import Roots
    from harness.results.reference import Reference

C = TypeVar("C", bound=Callable[..., Any])

_ORIGINS = {
    "flag": "by --root or --data-root",
    "environment": "by HARNESS_DATA",
    "configuration": "by the configuration",
}

_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")
_name = click.argument("name", type=Name("dataset"))
_folder = click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))


@click.group()
def command() -> None:
    """Say which datasets are here; name their folders, verify and prepare them.

    A folder is looked for where --root or --data-root say, then below that of HARNESS_DATA, then
    where the configuration says.
    """


@command.command("list")
@data_options
@_json
@pass_app
def list_(app: AppContext, root: tuple[str, ...], data_root: Path | None, *, json_: bool) -> None:
    """List the datasets: which are here, which in part, and where."""
    from harness.data.presence import states

    found = states(app.registry, _roots(app, root, data_root))
    if json_:
        click.echo(as_json("data", datasets=plain(found)))
        return
    heads = ("dataset", "state", "images", "prepared", "where")
    click.echo(layout.table(map(_row, found), heads, "simple"))


@command.command()
@_name
@_folder
@data_options
@pass_app
def path(
    app: AppContext, name: str, folder: Path | None, root: tuple[str, ...], data_root: Path | None
) -> None:
    """Keep DIR as the folder of the dataset NAME in your configuration; without DIR, print it."""
    from harness.data.presence import state_of_dataset

    dataset, spec = _chosen(app, name)
    if not spec.needs_root:
        raise UsageError(f"dataset {dataset.name!r} needs no folder")
    roots = _roots(app, root, data_root)
    if folder is not None:
        _keep(dataset.name, folder)
    found = roots.find(dataset)
    if found is None:
        raise roots.missing([(dataset, "")])
    if folder is None:
        click.echo(found.folder)
        return
    if found.origin != "configuration":
        click.echo(f"{_ORIGINS[found.origin]} it is {found.folder}, which goes before it", err=True)
    state = state_of_dataset(app.registry, dataset, roots)
    click.echo(f"{dataset.name} is {state.words}{f': {state.problem}' if state.problem else ''}")


def _keep(name: str, folder: Path) -> None:
    """Keep the folder of a dataset, and say where.

    Raises:
        UsageError: there is no such folder.
    """
    from harness.data.folders import dataset_root
    from harness.data.kept_roots import keep_root

    folder = dataset_root(folder).absolute()
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise UsageError(f"{folder} {what}: name the folder that holds the dataset {name!r}")
    click.echo(f"{name}: {folder}, kept in {keep_root(name, folder)}")


@command.command()
@_name
@data_options
@click.option(
    "--manifest",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File to hold the images to, as --write-manifest writes it; else the dataset's own.",
)
@click.option(
    "--write-manifest",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write names, sizes, types and digests of files and pixels to a file.",
)
@click.option(
    "--against",
    type=Name("dataset"),
    help="Dataset, such as that which is trained on, none of whose images may be among these.",
)
@click.option(
    "--crop",
    type=WholeNumber(1),
    default=128,
    show_default=True,
    help="Side of the crops in training, in pixels; smaller images are named.",
)
@_json
@pass_app
def verify(
    app: AppContext,
    name: str,
    root: tuple[str, ...],
    data_root: Path | None,
    manifest: Path | None,
    write_manifest: Path | None,
    against: str | None,
    crop: int,
    *,
    json_: bool,
) -> ExitCode:
    """Read every image of the dataset NAME and say what is wrong; exit code 2 if anything is.

    Notes, such as on clean images that are JPEG files, are no problems.
    """
    from harness.data import doctor
    from harness.data.manifest import write_manifest as write

    dataset, spec = _chosen(app, name)
    roots = _roots(app, root, data_root)
    rooted = roots.rooted(dataset, app.registry)
    made = app.registry.build(rooted)
    digests = _digests(app, against, roots) if against else ()
    with counting(f"verifying {dataset.label}") as on_image:
        found = doctor.examine(made, spec.splits, crop, on_image)
    if known := _manifest(app, spec, manifest):
        found = doctor.compared(found, known)
    if against:
        found = doctor.against(found, against, digests)
    with counting(f"verifying the stores of {dataset.label}") as on_image:
        found = doctor.with_stores(found, app.registry, rooted, on_image)
    if write_manifest:
        write(write_manifest, doctor.manifest_of(found, dataset.name))
    if json_:
        counts = {split: len(images) for split, images in found.seen.items()}
        click.echo(
            as_json(
                "verification",
                dataset=dataset.label,
                images=counts,
                problems=found.problems,
                notes=found.notes,
            )
        )
    else:
        _tell(dataset.label, found)
    return ExitCode.USAGE if found.problems else ExitCode.OK


@command.command()
@_name
@data_options
@click.option("--split", multiple=True, help="Split to prepare; repeatable.  [default: all]")
@click.option(
    "--store",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the decoded images.  [default: the user's cache folder]",
)
@pass_app
def prepare(
    app: AppContext,
    name: str,
    root: tuple[str, ...],
    data_root: Path | None,
    split: tuple[str, ...],
    store: Path | None,
) -> None:
    """Decode the images of the dataset NAME once; runs then read them from there.

    What is there already is checked and left, and what was interrupted goes on. Results are the
    same with and without.
    """
    from harness.data.preparing import prepare_split

    dataset, spec = _chosen(app, name)
    rooted = _roots(app, root, data_root).rooted(dataset, app.registry)
    for each in split:
        if each not in spec.splits:
            raise UsageError(
                f"dataset {dataset.label!r} has no split {each!r}; it has {', '.join(spec.splits)}"
            )
    for each in split or spec.splits:
        with counting(f"preparing {dataset.label}, {each}") as on_image:
            made = prepare_split(app.registry, rooted, each, store, on_image)
        what = f"{counted(made.images, 'image')}, {size_text(made.size)}"
        new = f"{made.made} of them now" if made.made else "as they were"
        click.echo(f"{dataset.label}, {each}: {what} in {made.folder}, {new}")


@command.command()
@_name
@_folder
@data_options
@click.option("--yes", is_flag=True, help="Download without asking.")
@pass_app
def get(
    app: AppContext,
    name: str,
    folder: Path | None,
    root: tuple[str, ...],
    data_root: Path | None,
    *,
    yes: bool,
) -> ExitCode:
    """Download the dataset NAME into DIR and keep that as its folder, or say how to get it.

    Only what the terms allow and has a stable link is downloaded; it is checked, and a download
    that was interrupted goes on.
    """
    from harness.data.fetching import fetch

    dataset, spec = _chosen(app, name)
    if not spec.downloads:
        click.echo(_instructions(spec))
        return ExitCode.OK if not spec.needs_root else ExitCode.USAGE
    if folder is None:
        found = _roots(app, root, data_root).find(dataset)
        if found is None:
            raise UsageError(f"say where to: harness data get {dataset.name} DIR")
        folder = found.folder
    for download in spec.downloads:
        click.echo(f"to download: {download}")
    click.echo(
        f"terms: {' '.join(filter(None, [spec.licence, spec.licence_link])) or 'not stated'}"
    )
    if not (yes or _agreed()):
        return ExitCode.USAGE
    for done in fetch(spec, folder.absolute()):
        click.echo(f"downloaded: {done.url}")
    _keep(dataset.name, folder)
    return ExitCode.OK


def _agreed() -> bool:
    """Ask; raises a UsageError where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise UsageError("nothing was downloaded: say --yes to download without asking")
    return click.confirm("download?")


def _instructions(spec: DatasetSpec) -> str:
    """How to get a dataset that is not downloaded."""
    if not spec.needs_root:
        return f"{spec.name} needs no files"
    facts = [
        ("how", spec.obtain or "nobody says; see its home page"),
        ("home page", spec.homepage),
        ("size", spec.size),
        ("terms", " ".join(filter(None, [spec.licence, spec.licence_link]))),
        ("then", f"harness data path {spec.name} DIR"),
    ]
    rows = ((f"{name}:", text) for name, text in facts if text)
    return f"{spec.name} is not downloaded by harness\n{layout.table(rows)}"


def _chosen(app: AppContext, name: str) -> "tuple[Reference, DatasetSpec]":
    """The dataset of a selector, and its spec."""
    dataset = app.registry.choose("dataset", name)
    spec = app.registry.find("dataset", dataset.name).spec
    assert isinstance(spec, DatasetSpec)
    return dataset, spec


def _roots(app: AppContext, root: Sequence[str], data_root: Path | None) -> "Roots":
    """Where datasets lie: as for ``harness run``, so its table in the configuration counts, too.

    Raises:
        UsageError: a value cannot be read.
    """
    from harness.data.roots import Roots

    run = copy(app.registry.load(app.registry.find("command", "run")))
    run.name = "run"
    in_file = app.config.defaults_of(run)
    base = in_file.get("data_root")
    configured = Roots(named_roots(in_file.get("root", ())), Path(base) if base else None)
    said = roots_of(root, data_root)
    return Roots(said.named, said.base, configured)


def _digests(app: AppContext, name: str, roots: "Roots") -> "list[ImageDigests]":
    """What the images of a dataset hold; they are read but once for all commands.

    Raises:
        DataError: they are not there.
    """
    from harness.data.content import split_digests

    dataset, spec = _chosen(app, name)
    made = app.registry.build(roots.rooted(dataset, app.registry))
    with announce(f"reading {dataset.label}…"):
        return [
            digests
            for split in spec.splits
            for digests in split_digests(made.samples(split), split, made.fingerprint(split))
        ]


def _manifest(app: AppContext, spec: DatasetSpec, path: Path | None) -> "Manifest | None":
    """The manifest that the user names, or that of the dataset."""
    from harness.data.manifest import read_manifest

    if path is None and spec.manifest:
        entry = app.registry.find("dataset", spec.name)
        return read_manifest(app.registry.load_target(entry, spec.manifest))
    return read_manifest(path) if path else None


def _row(state: "DatasetState") -> tuple[str, ...]:
    prepared = [*state.prepared, *(f"{split} (interrupted)" for split in state.interrupted)]
    where = f"{state.folder} ({_ORIGINS[state.origin]})" if state.origin else ""
    return (
        state.name,
        state.words,
        "" if state.images is None else str(state.images),
        ", ".join(prepared),
        ": ".join(filter(None, [where, state.problem if state.folder else ""])),
    )


def _tell(label: str, found: "Examination") -> None:
    """Print what was found of a dataset."""
    images = ", ".join(f"{split} {len(samples)}" for split, samples in found.seen.items())
    click.echo(f"{label}: {f'images read: {images}' if images else 'no image could be read'}")
    for finding in found.findings:
        click.echo(layout.wrapped(f"{finding.severity}: {finding.text}", "", "  "))
    if not found.findings:
        click.echo("nothing is wrong")
