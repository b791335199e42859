"""The plan of a run: which fits and cells it takes, known before any of them starts."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from harness.data.roots import Roots
from harness.errors import ParameterError, UsageError
from harness.methods.construction import without_memory
from harness.methods.pretrained import read_checkpoint
from harness.plugin.registry import Choice, Entry, Registry
from harness.plugin.selector import format_value
from harness.plugin.sources import Sources
from harness.results.jobs import CellJob, DataReference, FitJob, MetricReference
from harness.results.plan import Plan
from harness.runs.store import Store
from harness.specs import DatasetSpec, MethodSpec, MetricSpec, Precision, View
from harness.training.budget import Budget, parse_budget
from harness.util.files import digest_of

KEY_LENGTH = 20
"""Hexadecimal digits of a key: 80 bits."""

_CORE_OF_FITS = ("methods", "data", "util", "training")
_CORE_OF_CELLS = ("methods", "data", "evaluation")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user asks of a run.

    Attributes:
        methods: with the parameters that were set.
        datasets: to test on.
        metrics: to measure, in the order of the columns.
        train: dataset to train on; None: each tested dataset's own default.
        train_on: ``train``: the training split; ``test``: the noisy half of the test images.
        clean: dataset whose clean images unpaired training takes; None: other scenes of the
            training data.
        budget: how much methods are trained.
        seeds: of the fits.
        device: ``cpu``, ``cuda`` and so on.
        device_name: such as that of the GPU; results that hold timings depend on it.
        precision: of training and inference.
        processes: of a fit.
        accumulate: parts of a batch.
        compile: compile the stages.
        checkpoint_seconds: between checkpoints.
        images: denoised images to keep per cell; None: all.
        tile: side of tiles; None: as the harness chooses.
        weights: files of published weights by label of the method, instead of training.
    """

    methods: Sequence[Choice]
    datasets: Sequence[Choice]
    metrics: Sequence[Choice]
    train: Choice | None = None
    train_on: Literal["train", "test"] = "train"
    clean: Choice | None = None
    budget: str = "quick"
    seeds: Sequence[int] = (0,)
    device: str = "cpu"
    device_name: str = "cpu"
    precision: Precision = "fp32"
    processes: int = 1
    accumulate: int = 1
    compile: bool = False
    checkpoint_seconds: float = 20.0
    images: int | None = 8
    tile: int | None = None
    weights: Mapping[str, Path] = field(default_factory=dict)


def make_plan(request: Request, registry: Registry, store: Store, roots: Roots) -> Plan:
    """Plan a run: resolve every name, find the data, and give every job its key.

    Args:
        request: what the user asks for.
        registry: of the plugins.
        store: gives jobs their folders.
        roots: where datasets lie.

    Raises:
        UsageError: the request is impossible, such as training data that must be named.
        DataError: images are missing.
        PluginError: a plugin cannot be loaded.
    """
    return _Planner(request, registry, store, roots).plan()


class _Planner:
    """Makes one plan; remembers what is costly to know."""

    def __init__(self, request: Request, registry: Registry, store: Store, roots: Roots) -> None:
        self.request = request
        self.registry = registry
        self.store = store
        self.roots = roots
        self.budget: Budget = parse_budget(request.budget)
        self._sources = Sources()
        self._data: dict[tuple[str, str], DataReference] = {}
        self._metrics: tuple[tuple[MetricReference, Any], ...] | None = None

    def plan(self) -> Plan:
        """Make the plan."""
        fits: dict[str, FitJob] = {}
        cells: dict[str, CellJob] = {}
        for method in self.request.methods:
            self._try(method)
        if self.request.clean and "unpaired" not in map(self._view, self.request.methods):
            raise UsageError(
                f"--clean {self.request.clean.label}: none of these methods trains on unpaired "
                "images; leave it out"
            )
        for dataset in self.request.datasets:
            for method in self.request.methods:
                for fit in self._fits_of(method, dataset):
                    if fit:
                        fits.setdefault(fit.key, fit)
                    cell = self._cell(method, dataset, fit)
                    cells.setdefault(cell.key, cell)
        return Plan(tuple(fits.values()), tuple(cells.values()))

    def _try(self, method: Choice) -> None:
        """Say before work starts that a method, its parameters or its weights are wrong."""
        factory = self.registry.load(method)
        if method.label in self.request.weights:
            checkpoint = read_checkpoint(self.request.weights[method.label])
            factory(**self._parameters(method)).load_pretrained(checkpoint)
            return
        try:
            with without_memory():
                factory(**self._parameters(method))
        except ParameterError:
            raise
        except Exception:  # whatever else is wrong is for the job, which leaves a record of it
            return

    def _fits_of(self, method: Choice, dataset: Choice) -> Iterable[FitJob | None]:
        """The fits that a method needs to be tested on a dataset; one per seed, or none."""
        if not method.spec.trains or method.label in self.request.weights:
            return [None]
        data = self._training_data(dataset)
        clean = self._clean_images(method, dataset, data)
        return [self._fit(method, data, clean, seed) for seed in self.request.seeds]

    def _fit(
        self, method: Choice, data: DataReference, clean: DataReference | None, seed: int
    ) -> FitJob:
        request = self.request
        parameters = self._parameters(method)
        view = self._view(method)
        key = _key(
            kind="fit",
            method=self._identity(method, parameters),
            core=self._sources.room_digest(*_CORE_OF_FITS),
            data=data.fingerprint,
            split=data.split,
            view=view,
            clean=[clean.fingerprint, clean.split] if clean else None,
            budget=self.budget.text,
            seed=seed,
            precision=request.precision,
            device=request.device.partition(":")[0],
            processes=request.processes,
            accumulate=request.accumulate,
            compile=request.compile,
        )
        return FitJob(
            key=key,
            folder=self.store.fit_folder(key),
            settings=self.registry.settings,
            method=method.label,
            method_name=method.name,
            parameters=parameters,
            seed=seed,
            device=request.device,
            precision=request.precision,
            data=data,
            view=view,
            clean=clean,
            budget=self.budget.text,
            processes=request.processes,
            accumulate=request.accumulate,
            compile=request.compile,
            checkpoint_seconds=request.checkpoint_seconds,
        )

    def _cell(self, method: Choice, dataset: Choice, fit: FitJob | None) -> CellJob:
        request = self.request
        spec: MethodSpec = method.spec
        data = self._reference(dataset, "test")
        parameters = self._parameters(method)
        metrics = self._chosen_metrics()
        weights = request.weights.get(method.label)
        key = _key(
            kind="cell",
            method=self._identity(method, parameters),
            core=self._sources.room_digest(*_CORE_OF_CELLS),
            fit=fit.key if fit else "",
            weights=digest_of(weights) if weights else "",
            data=data.fingerprint,
            metrics=[identity for _, identity in metrics],
            device=request.device_name,
            precision=request.precision,
            images=request.images,
            tile=request.tile,
        )
        return CellJob(
            key=key,
            folder=self.store.cell_folder(key),
            settings=self.registry.settings,
            method=method.label,
            method_name=method.name,
            parameters=parameters,
            seed=fit.seed if fit else request.seeds[0],
            device=request.device,
            precision=request.precision,
            data=data,
            metrics=tuple(metric for metric, _ in metrics),
            fit=fit.key if fit else "",
            fit_folder=fit.folder if fit else None,
            weights=weights,
            trained_on=fit.data.label if fit else "",
            train_split=fit.data.split if fit else "",
            clean=fit.clean.label if fit and fit.clean else "",
            budget=fit.budget if fit else "",
            narrowed=self._narrowed(method) if fit else {},
            view=fit.view if fit else spec.view,
            oracle=spec.oracle,
            images=request.images,
            tile=request.tile,
        )

    def _training_data(self, tested: Choice) -> DataReference:
        """What a method is trained on to be tested on a dataset."""
        if self.request.train_on == "test":
            if self.request.train is not None:
                raise UsageError(
                    "--train-on test trains on the noisy test images themselves; leave --train out"
                )
            return self._reference(tested, "test")
        spec: DatasetSpec = tested.spec
        if self.request.train is not None:
            train = self.request.train
        elif spec.trains_on:
            train = self._default_training_data(tested)
            if train.name == tested.name:
                train = tested
        else:
            raise UsageError(
                f"dataset {tested.label!r} names no training data: say --train DATASET, "
                "or --train-on test to train on its noisy images"
            )
        if "train" in train.spec.splits:
            return self._reference(train, "train")
        if self._root_and_name(train) == self._root_and_name(tested):
            raise UsageError(
                f"dataset {train.label!r} has no training images; to train on its noisy test "
                "images, say --train-on test"
            )
        return self._reference(train, "test")

    def _default_training_data(self, tested: Choice) -> Choice:
        """What a dataset says that it is trained on, which may refer to its own parameters."""
        values = {name: format_value(value) for name, value in tested.parameters().items()}
        return self.registry.choose("dataset", tested.spec.trains_on.format(**values)).plain()

    def _clean_images(
        self, method: Choice, tested: Choice, data: DataReference
    ) -> DataReference | None:
        """The dataset whose clean images a method is shown; None: it sees none, or other scenes."""
        clean = self.request.clean
        if clean is None or self._view(method) != "unpaired":
            return None
        split = "train" if "train" in clean.spec.splits else "test"
        for seen, of_split, what in (
            (data.name, data.split, "whose noisy images are trained on"),
            (tested.name, "test", "which is tested on"),
        ):
            if (clean.name, split) == (seen, of_split):
                raise UsageError(
                    f"--clean {clean.label}: that is the dataset {what}; name another, or leave "
                    "--clean out to train on clean images of other scenes of the training data"
                )
        return self._reference(clean, split)

    def _view(self, method: Choice) -> View:
        """The most that training sees of a method."""
        return method.view(self._resolved(method))

    def _root_and_name(self, dataset: Choice) -> tuple[str, Any]:
        return dataset.name, self.roots.parameters(dataset).get("root")

    def _reference(self, dataset: Choice, split: str) -> DataReference:
        """A split of a dataset, with its fingerprint; the dataset is prepared on the way."""
        if (dataset.label, split) not in self._data:
            parameters = self.roots.parameters(dataset)
            made = self.registry.load(dataset)(**parameters)
            made.prepare()
            self._data[dataset.label, split] = DataReference(
                label=dataset.label,
                name=dataset.name,
                parameters=parameters,
                split=split,
                fingerprint=made.fingerprint(split),
            )
        return self._data[dataset.label, split]

    def _parameters(self, method: Choice) -> dict[str, Any]:
        """All parameters of a method but those that are left to the images."""
        left = set(method.entry.of_images) - set(method.given)
        return {name: value for name, value in self._resolved(method).items() if name not in left}

    def _resolved(self, method: Choice) -> dict[str, Any]:
        """All parameters of a method: set by the user, else by the budget, else by default."""
        narrowed = self._narrowed(method)
        return {**method.parameters(narrowed), **narrowed}

    def _narrowed(self, method: Choice) -> dict[str, Any]:
        """What the budget sets, and the user did not."""
        if self.budget.profile != "quick" or method.label in self.request.weights:
            return {}
        narrowed = _not_given(method)
        return narrowed | self._narrowed_networks(method.entry, method.parameters(narrowed))

    def _narrowed_networks(self, entry: Entry, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The networks that a method names, with what the budget sets and the user did not."""
        narrowed = {}
        for parameter in entry.parameters:
            selector = parameters.get(parameter.name)
            if not parameter.role or selector is None:
                continue
            network = self.registry.choose_network(str(selector), parameter.role)
            if quick := _not_given(network):
                narrowed[parameter.name] = network.with_given(**quick).label
        return narrowed

    def _identity(self, choice: Choice, parameters: Mapping[str, Any]) -> list[Any]:
        """What a plugin's part in a result depends on, the networks that it names included."""
        networks = self.registry.networks_of(choice.entry, parameters)
        return [
            choice.name,
            dict(parameters),
            choice.entry.owner.version,
            self.registry.plugin_sources(choice, self._sources),
            *(self._identity(network, network.parameters()) for network in networks),
        ]

    def _chosen_metrics(self) -> tuple[tuple[MetricReference, Any], ...]:
        """Every metric with what its numbers depend on."""
        if self._metrics is None:
            self._metrics = tuple(self._metric(choice) for choice in self.request.metrics)
        return self._metrics

    def _metric(self, metric: Choice) -> tuple[MetricReference, Any]:
        spec: MetricSpec = metric.spec
        parameters = metric.parameters()
        missing = ""
        if spec.probe:
            missing = self.registry.load_target(metric.entry, spec.probe)(**parameters) or ""
        identity = [*self._identity(metric, parameters), spec.protocol_version, not missing]
        reference = MetricReference(
            label=metric.label, name=metric.name, parameters=parameters, missing=missing
        )
        return reference, identity


def _not_given(choice: Choice) -> dict[str, Any]:
    """What the budget ``quick`` sets of a method or network, and the user did not."""
    quick = choice.spec.quick
    return {name: quick[name] for name in quick if name not in choice.given}


def _key(**parts: Any) -> str:
    """A hash over the canonical JSON of what a job computes."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]
