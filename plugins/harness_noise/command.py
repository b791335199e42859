"""``harness noise``: what the noise of a dataset is like, and what that means for methods."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness import (
    AppContext,
    DataError,
    Reference,
    Registry,
    Selector,
    UsageError,
    data_options,
    parse_selector,
    pass_app,
    roots_of,
)

if TYPE_CHECKING:
    from harness import Sample, Subject
    from harness_noise import Definition, NoiseProfile, Observation

METHOD = "guided-filter[radius=4,eps=0.005]"
"""Its residual stands in for noise without ground truth. Of the methods without training it comes
nearest to the true noise of real photographs, see docs/noise.md."""


SHOTS = 2
"""Further shots of an image at least, by which methods can be ranked on it."""


@click.command()
@click.argument("target", metavar="DATASET|FOLDER")
@click.option("--split", type=click.Choice(["train", "test"]), default="test", show_default=True)
@click.option(
    "--definition",
    type=click.Choice(["both", "pooled", "rgb-direction"]),
    default="both",
    show_default=True,
    help="Definition of correlation; rgb-direction needs colour.",
)
@click.option(
    "--radius",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="Radius of the correlation map, in pixels; 10 makes 21x21.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.05,
    show_default=True,
    help="Correlations up to this count as none in the suggestion.",
)
@click.option(
    "--method",
    default="",
    help=f"Measure the residual of this method instead.  [default without ground truth: {METHOD}]",
)
@click.option(
    "--images", "limit", type=click.IntRange(1), metavar="N", help="The first N images only."
)
@data_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for noise.json and noise.png.  [default: noise/NAME]",
)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
@pass_app
def command(
    app: AppContext,
    target: str,
    split: str,
    definition: str,
    radius: int,
    threshold: float,
    method: str,
    limit: int | None,
    root: tuple[str, ...],
    data_root: Path | None,
    out: Path | None,
    json_: bool,
    quiet: bool,
) -> None:
    """Measure the noise of a dataset, and what it means for methods.

    DATASET is a selector such as camera or folder[root=DIR]; FOLDER holds noisy and clean images,
    or noisy ones alone.
    """
    from harness import open_split

    registry = app.registry
    dataset = _dataset(registry, target)
    samples = list(open_split(registry, dataset, split, roots_of(root, data_root)))
    source = _Source(registry, samples, method)
    from harness import write_text
    from harness_noise import describe, measure_noise, write_picture

    chosen = source.samples[:limit]
    profile = measure_noise(
        source.observe(_with_progress(chosen, f"noise of {dataset.label}", quiet=quiet or json_)),
        ground_truth=source.method is None,
        definitions=_definitions(definition),
        radius=radius,
        threshold=threshold,
    )
    title = f"noise of {dataset.label}, {split}: {len(profile.images)} images"
    folder = out or Path("noise") / _name(dataset, split)
    text = _as_json(profile, dataset, split, source)
    write_text(folder / "noise.json", text + "\n")
    write_picture(folder / "noise.png", profile, f"{title}\n{source.title}")
    if json_:
        click.echo(text)
        return
    click.echo(f"{title}, {profile.pixels / 1e6:.1f} megapixels, {source.title}")
    if source.warning:
        click.echo(source.warning)
    click.echo(f"\n{describe(profile)}\n")
    if ranking := _ranking(chosen):
        click.echo(f"{ranking}\n")
    for name in ("noise.json", "noise.png"):
        click.echo(folder / name)


class _Source:
    """Where the noise comes from: the clean images, or what a method takes away.

    Args:
        registry: the plugins.
        samples: all images.
        method: selector of the method whose residual is taken; empty: one is taken only where
            there is no ground truth.

    Attributes:
        samples: the images that can be measured.
        method: label of the method; None where there are clean images.

    Raises:
        UsageError: the method needs training, or clean images.
    """

    def __init__(self, registry: Registry, samples: "list[Sample]", method: str) -> None:
        paired = [sample for sample in samples if sample.clean is not None]
        self.left_out = 0
        self.samples = samples
        self.method: str | None = None
        self._subject: Subject | None = None
        if paired and not method:
            self.samples = paired
            self.left_out = len(samples) - len(paired)
            return
        choice = registry.choose("method", method or METHOD)
        self.method = choice.label
        self._subject = _subject(registry, choice)

    def observe(self, samples: "Iterable[Sample]") -> "Iterator[Observation]":
        """The noise of images, one after the other."""
        from harness_noise import observe_pairs, observe_residuals

        if self._subject is None:
            return observe_pairs(samples)
        return observe_residuals(samples, self._subject)

    @property
    def title(self) -> str:
        """What the numbers are numbers of, in a few words."""
        return f"residual of {self.method}" if self.method else "noisy minus clean"

    @property
    def warning(self) -> str:
        """What to beware of; empty for nothing."""
        if self.method:
            return (
                f"NO GROUND TRUTH IS USED: these are numbers of what {self.method} removes, not of "
                "the noise;\nit leaves some of the noise, and takes some of the image"
            )
        if self.left_out:
            return f"{self.left_out} images without a clean one are left out"
        return ""


def _ranking(samples: "Sequence[Sample]") -> str:
    """How methods can be ranked on images without ground truth; empty where there is one."""
    if all(sample.clean for sample in samples):
        return ""
    shots = min(len(sample.shots) for sample in samples)
    if shots >= SHOTS:
        return (
            f"ranking of methods: these images have {shots} further shots each, so "
            "harness run --metrics upsnr ranks methods on them"
        )
    return (
        "ranking of methods: no score ranks methods on images that have neither clean ones nor "
        f"further shots;\n  {SHOTS} more shots of each give upsnr, see: harness show upsnr"
    )


def _dataset(registry: Registry, text: str) -> Reference:
    """The dataset of a selector, or the dataset ``folder`` of a path.

    A name goes first; ``./camera`` is the folder of that name.

    Raises:
        DataError: it looks like a path, and there is no such folder.
        UnknownNameError: there is neither such a dataset nor such a folder.
    """
    if text in {entry.spec.name for entry in registry.entries("dataset")}:
        return registry.choose("dataset", text)
    folder = Path(text).expanduser()
    if folder.is_dir():
        return registry.choose("dataset", Selector("folder", (("root", str(folder)),)))
    if "[" not in text and ("/" in text or "\\" in text or folder.exists()):
        what = "is not a folder" if folder.exists() else "does not exist"
        raise DataError(f"cannot measure the noise of {text}: it {what}")
    return registry.choose("dataset", text)


def _subject(registry: Registry, choice: Reference) -> "Subject":
    """The method whose residual is taken.

    Raises:
        UsageError: it needs training, or clean images.
    """
    from harness import Subject

    spec: Any = registry.find("method", choice.name).spec
    if spec.trains or spec.oracle:
        needs = "training" if spec.trains else "clean images"
        raise UsageError(
            f"--method {choice.label}: it needs {needs}; name a method that needs neither, "
            f"such as {METHOD}"
        )
    return Subject(registry.build(choice))


def _definitions(text: str) -> "list[Definition] | None":
    if text == "pooled":
        return ["pooled"]
    return ["rgb-direction"] if text == "rgb-direction" else None


def _with_progress(samples: "Sequence[Sample]", title: str, *, quiet: bool) -> "Iterable[Sample]":
    """The samples, with a bar that moves as they are taken; none where nobody sees it."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import track

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        return samples
    return track(samples, escape(title), console=console, transient=True)  # selectors hold brackets


def _name(dataset: Reference, split: str) -> str:
    """A folder's name for a dataset: its selector, or the name of the user's folder."""
    given = {key: str(value) for key, value in parse_selector(dataset.label).arguments}
    root = given.pop("root", None)
    if dataset.name == "folder" and root:
        name = Path(str(root)).expanduser().absolute().name
    else:
        name = dataset.name
    parts = [name, *(f"{key}={given[key]}" for key in sorted(given))]
    if split != "test":
        parts.append(split)
    return re.sub(r"[^\w.=-]+", "_", "-".join(parts)) or "folder"


def _as_json(profile: "NoiseProfile", dataset: Reference, split: str, source: _Source) -> str:
    from harness import dump_json

    lags = {
        each.definition: {"horizontal": each.horizontal, "vertical": each.vertical}
        for each in profile.correlations
    }
    data = {"dataset": dataset.label, "split": split, "method": source.method}
    return dump_json({**data, "lags": lags, "profile": profile}, indent=1)
