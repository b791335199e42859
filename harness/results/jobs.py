"""Jobs: the units of work, of caching and of failure, as plain values that any process can read.

A job says everything that its result depends on, and its key is computed from it, see
:mod:`harness.results.keys`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

from harness.results.columns import Column
from harness.results.keys import UNKEYED, key_of
from harness.results.names import JOB
from harness.results.reference import Reference
from harness.results.serial import dump_json, from_plain
from harness.specs import LoadSettings, Precision, View
from harness.util.files import write_text
from harness.util.text import some


@dataclass(frozen=True, kw_only=True)
class DataReference:
    """A split of a dataset.

    Attributes:
        dataset: with its folder; results depend on what it holds, not on its name or place.
        split: ``train`` or ``test``.
        fingerprint: digest of what it holds, or of all that it is made from.
        content: digest of its pixels, by which equal data is known that is made otherwise; empty
            until a plan is carried out, and where an image cannot be read.
        images: how many it holds; None where that is not asked.
        expected: how many the whole set has; None where any number is as good.
        scenes: those whose images alone it holds; empty for all.
        of_split: fingerprint of the whole split, where it is of some scenes alone; else empty.
    """

    dataset: Reference = field(metadata=UNKEYED)
    split: str
    fingerprint: str
    content: str = field(metadata=UNKEYED, default="")
    images: int | None = field(metadata=UNKEYED, default=None)
    expected: int | None = field(metadata=UNKEYED, default=None)
    scenes: tuple[str, ...] = field(metadata=UNKEYED, default=())
    of_split: str = field(metadata=UNKEYED, default="")

    @property
    def label(self) -> str:
        """Selector of the dataset, as tables print it."""
        return self.dataset.label

    @property
    def titled(self) -> str:
        """The label, with the scenes whose images alone it holds."""
        return f"{self.label} ({self.scenes_text})" if self.scenes else self.label

    @property
    def part(self) -> str:
        """How many images of the set it holds, such as ``2 of 100``; empty where it is whole."""
        if self.images is None or self.expected in (None, self.images):
            return ""
        return f"{self.images} of {self.expected}"

    @property
    def marked(self) -> str:
        """The label, with how much of the set it holds where it is not whole."""
        return ", ".join(filter(None, (self.label, self.part, self.scenes_text)))

    @property
    def scenes_text(self) -> str:
        """The scenes whose images alone it holds; empty for all."""
        return f"scenes {some(self.scenes)}" if self.scenes else ""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """How many test images training saw, recognised by their pixels under whatever name.

    Attributes:
        images: how many test images there are.
        noisy: how many of them training saw the noisy image of.
        clean: how many of them training saw the clean image of.
    """

    images: int = 0
    noisy: int = 0
    clean: int = 0


@dataclass(frozen=True, kw_only=True)
class MetricReference:
    """A metric to be measured.

    Attributes:
        metric: with its parameters.
        column: what a table must know of it.
        missing: why it is not available on this machine; empty if it is.
        data: digest of the data on this machine that its numbers depend on; empty for none.
    """

    metric: Reference
    column: Column
    missing: str = ""
    data: str = ""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What fits and cells have in common.

    Attributes:
        method: with its parameters.
        seed: root of every random draw.
        view: the most that the method's training sees.
        device: ``cpu``, ``cuda`` or ``mps``; which of several, nobody knows before the job starts.
        precision: of training and inference.
        core: digest of those rooms of the harness that the result depends on.
        libraries: versions of the libraries that numbers depend on.
        settings: find the plugins that the job needs, in another process.
    """

    kind: ClassVar[Literal["fit", "cell"]]

    method: Reference
    seed: int
    view: View = "noisy"
    device: str = "cpu"
    precision: Precision = "fp32"
    core: str = ""
    libraries: Mapping[str, str]
    settings: LoadSettings = field(metadata=UNKEYED, default_factory=LoadSettings)

    @cached_property
    def key(self) -> str:
        """Names the job's result: a hash over every field that is keyed."""
        return key_of(self)

    @property
    def datasets(self) -> tuple[DataReference, ...]:
        """All data that the job reads."""
        return ()


@dataclass(frozen=True, kw_only=True)
class FitJob(Job):
    """Train a method.

    Attributes:
        data: what it is trained on.
        clean: gives the clean images of unpaired training; None: other scenes of ``data`` do.
        budget: in its canonical form.
        processes: data-parallel processes.
        accumulate: parts into which a batch is cut.
        compile: compile the stages.
        checkpoint_seconds: wall time between checkpoints.
        previews: how often it shows, for trackers, what it makes of some training crops.
    """

    kind = "fit"

    data: DataReference
    budget: str
    clean: DataReference | None = None
    processes: int = 1
    accumulate: int = 1
    compile: bool = False
    checkpoint_seconds: float = field(metadata=UNKEYED, default=20.0)
    previews: int = field(metadata=UNKEYED, default=0)

    @property
    def title(self) -> str:
        """One line for people."""
        clean = f" and clean images of {self.clean.titled}" if self.clean else ""
        return f"train {self.method.label} on {self.data.titled}{clean}, seed {self.seed}"

    @property
    def datasets(self) -> tuple[DataReference, ...]:
        """All data that the job reads."""
        return (self.data, self.clean) if self.clean else (self.data,)

    def references(self) -> Iterator[Reference]:
        """All plugins that the job needs."""
        yield from self.method.walk()
        for data in self.datasets:
            yield data.dataset


@dataclass(frozen=True, kw_only=True)
class CellJob(Job):
    """Test a method.

    Attributes:
        data: what it is tested on.
        metrics: what is measured, in order.
        seen: which test images the fit saw; nothing is known of pretrained weights.
        fit: gives the weights; None for a method that does not train, or has pretrained weights.
        weights: file of pretrained weights that the user gave; None for none.
        weights_digest: of that file.
        conditions: what times and memory depend on beside the libraries, such as ``threads``; empty
            where no metric depends on the machine.
        oracle: the method is given the clean images.
        images: how many denoised images to keep; None: all.
        image_bits: of these, 8 or 16.
        tile: side of the tiles for large images; None: as the harness chooses.
    """

    kind = "cell"

    data: DataReference
    metrics: tuple[MetricReference, ...]
    seen: Seen = field(metadata=UNKEYED, default_factory=Seen)
    fit: FitJob | None = None
    weights: Path | None = field(metadata=UNKEYED, default=None)
    weights_digest: str = ""
    conditions: Mapping[str, str] = field(default_factory=dict)
    oracle: bool = False
    images: int | None = 8
    image_bits: Literal[8, 16] = 8
    tile: int | None = None

    @property
    def title(self) -> str:
        """One line for people."""
        seed = f", seed {self.seed}" if self.fit else ""
        return f"test {self.method.label} on {self.data.titled}{seed}"

    @property
    def trained_on_itself(self) -> bool:
        """Trained on the noisy half of the very split that it is tested on."""
        return self.fit is not None and self.fit.data.fingerprint == self.data.fingerprint

    @property
    def datasets(self) -> tuple[DataReference, ...]:
        """All data that the job reads."""
        return (self.data,)

    def references(self) -> Iterator[Reference]:
        """All plugins that the job needs."""
        yield from self.method.walk()
        yield self.data.dataset
        for metric in self.metrics:
            yield metric.metric


def write_job(job: FitJob | CellJob, folder: Path) -> Path:
    """Write a job into its folder; returns the file."""
    path = folder / JOB
    write_text(path, dump_json({"kind": job.kind, "job": job}, indent=1) + "\n")
    return path


def read_job(path: Path) -> FitJob | CellJob:
    """Read what :func:`write_job` wrote.

    Raises:
        ValueError: the file holds no job.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    cls: type[FitJob | CellJob] = FitJob if data["kind"] == "fit" else CellJob
    return from_plain(cls, data["job"])
