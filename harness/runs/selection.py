"""The names in a request, resolved: which methods, datasets and metrics it means."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from harness.errors import UnloadableError, UsageError
from harness.plugin.probing import probe_metric
from harness.plugin.registry import Registry
from harness.plugin.selector import Selector, parse_selector, selectors_in
from harness.plugin.sources import Sources
from harness.results.columns import Column
from harness.results.jobs import MetricReference
from harness.results.model import ModelHeader, read_model_header
from harness.results.reference import Reference
from harness.runs.request import Request
from harness.specs import DatasetSpec, MetricData, MetricSpec, ProtocolSpec, SuiteSpec
from harness.training.budget import parse_budget
from harness.util.downloads import offline


class Selection:
    """What a request names; each thing once, with the digest of its sources.

    Args:
        request: what the user asks for.
        registry: knows the plugins.

    Attributes:
        notes: what the reader of the table must know of names.
        unloadable: why methods cannot be imported, by label; their jobs fail, and no others.
    """

    def __init__(self, request: Request, registry: Registry) -> None:
        self.request = request
        self.registry = registry
        self.sources = Sources()
        self.notes: list[str] = []
        self.unloadable: dict[str, str] = {}

    @cached_property
    def methods(self) -> tuple[Reference, ...]:
        """What was asked for by name, and what a suite adds.

        Raises:
            UsageError: there is none, or one that pretrained weights are for is missing.
        """
        wanted = [*selectors_in(self.request.methods), *selectors_in(self._suite.methods)]
        chosen: dict[str, Reference] = {}
        for selector in wanted:
            try:
                method = self.sealed(self._method(selector))
            except UnloadableError as error:
                method = self._unloadable(selector, error)
            chosen.setdefault(method.label, method)
        if not chosen:
            raise UsageError(
                "say which methods to run: --methods NAME,… (see: harness list methods)"
            )
        for label in self.weights:
            if label not in chosen:
                raise UsageError(f"--weights {label}=…: the run has no method {label!r}")
        return tuple(chosen.values())

    @cached_property
    def datasets(self) -> tuple[Reference, ...]:
        """What is tested on: as asked for, else as the suite says, else what plugins offer.

        Raises:
            UsageError: there is none.
        """
        wanted = selectors_in(self.request.datasets) or selectors_in(self._suite.datasets)
        wanted = wanted or selectors_in(self.registry.default_datasets())
        if not wanted:
            raise UsageError("say what to test on: --datasets NAME,… (see: harness list datasets)")
        chosen = map(self.dataset, wanted)
        return tuple({dataset.label: dataset for dataset in chosen}.values())

    @cached_property
    def metrics(self) -> tuple[MetricReference, ...]:
        """What is measured; a metric that is not available here says why.

        Raises:
            UnknownNameError: there is no such metric, or no such protocol.
        """
        chosen = (self.registry.choose("metric", each) for each in self._wanted_metrics)
        return tuple(map(self._metric, {metric.label: metric for metric in chosen}.values()))

    def metrics_on(self, dataset: Reference) -> tuple[MetricReference, ...]:
        """What is measured on a dataset: those of images say why where others alone can score it.

        A note says where a metric of the dataset's own protocol is measured by another convention.
        """
        protocol = self._protocol_of(dataset)
        if protocol is None:
            return self.metrics
        if protocol.scored_by:
            return tuple(
                replace(metric, missing=protocol.scored_by)
                if self._needs_ground_truth(metric)
                else metric
                for metric in self.metrics
            )
        measured = {metric.metric.label: metric.metric.name for metric in self.metrics}
        own = [self.registry.choose("metric", each) for each in protocol.metrics]
        otherwise = [
            metric.label
            for metric in own
            if metric.label not in measured and metric.name in measured.values()
        ]
        if otherwise:
            self.notes.append(
                f"{dataset.name} has a protocol of its own, with {', '.join(otherwise)}: "
                f"--protocol {protocol.name}."
            )
        return self.metrics

    @cached_property
    def weights(self) -> Mapping[str, Path]:
        """Files of pretrained weights by label of their method."""
        return {
            self.registry.choose("method", method).label: Path(file).expanduser().absolute()
            for method, file in self.request.weights.items()
        }

    def dataset(self, selector: str | Selector) -> Reference:
        """The dataset of a selector."""
        return self.sealed(self.registry.choose("dataset", selector))

    def sealed(self, reference: Reference) -> Reference:
        """A reference with the version and the sources that its results depend on."""
        nested = {
            name: self.sealed(value)
            for name, value in reference.parameters.items()
            if isinstance(value, Reference)
        }
        return replace(
            reference,
            parameters={**reference.parameters, **nested},
            version=self.registry.find(reference.kind, reference.name).owner.version,
            sources=self.registry.plugin_sources(reference, self.sources),
        )

    @cached_property
    def _wanted_metrics(self) -> list[Selector]:
        """What was asked for; by a protocol, too, if there is one."""
        wanted = selectors_in(self.request.metrics)
        if not self.request.protocol:
            return wanted
        protocol = self.registry.find("protocol", self.request.protocol).spec
        assert isinstance(protocol, ProtocolSpec)
        self.notes.append(f"Protocol {protocol.name}: {protocol.summary}")
        own = selectors_in(protocol.metrics)
        names = {each.name for each in own}
        return [*own, *(each for each in wanted if each.arguments or each.name not in names)]

    def _protocol_of(self, dataset: Reference) -> ProtocolSpec | None:
        """A dataset's own protocol; None where it has none, or its plugin is left out."""
        spec = self.registry.find("dataset", dataset.name).spec
        assert isinstance(spec, DatasetSpec)
        known = {entry.spec.name: entry.spec for entry in self.registry.entries("protocol")}
        protocol = known.get(spec.protocol)
        assert protocol is None or isinstance(protocol, ProtocolSpec)
        return protocol

    @property
    def _suite(self) -> SuiteSpec:
        """The suite asked for; an empty one for none."""
        if not self.request.suite:
            return SuiteSpec(name="none", summary="", methods=())
        spec = self.registry.find("suite", self.request.suite).spec
        assert isinstance(spec, SuiteSpec)
        return spec

    def _method(self, selector: Selector) -> Reference:
        """A method with what the budget sets and the user did not; not where it has weights."""
        is_quick = parse_budget(self.request.budget).profile == "quick"
        label = self.registry.choose("method", selector).label
        if header := self._model_of(label):
            return self._as_trained(label, selector, header)
        has_weights = label in self.weights
        method = self.registry.choose("method", selector, quick=is_quick and not has_weights)
        needed = {key for key, _ in parse_selector(method.label).arguments}
        if any(key not in needed for key, _ in selector.arguments):
            self.notes.append(f"{selector} is {method.label}: the rest is as it is anyway.")
        return method

    def _unloadable(self, selector: Selector, error: UnloadableError) -> Reference:
        """A method that cannot be imported, so that nobody knows its parameters."""
        label = str(selector)
        self.unloadable[label] = str(error)
        owner = self.registry.find("method", selector.name).owner
        return Reference(
            kind="method",
            name=selector.name,
            label=label,
            selector=label,
            plugin=owner.plugin,
            version=owner.version,
        )

    def _model_of(self, label: str) -> ModelHeader | None:
        """What a method's weights say of themselves, if they are an exported model."""
        return read_model_header(self.weights[label]) if label in self.weights else None

    def _as_trained(self, label: str, selector: Selector, header: ModelHeader) -> Reference:
        """A method with the parameters of its model, under the name that it was asked for by.

        Raises:
            UsageError: the model is of another method, or has other parameters than those given.
        """
        trained = self.registry.choose("method", header.method.selector)
        given = self.registry.choose("method", selector)
        contrary = [
            key
            for key, _ in selector.arguments
            if trained.parameters.get(key) != given.parameters.get(key)
        ]
        if trained.name != given.name or contrary:
            raise UsageError(
                f"--weights {label}={self.weights[label]}: this model is of {trained.selector}"
            )
        return replace(trained, label=label, narrowed=header.method.narrowed)

    def _needs_ground_truth(self, metric: MetricReference) -> bool:
        spec = self._spec_of(metric.metric)
        return spec.measures == "image" and spec.compares == "clean"

    def _spec_of(self, metric: Reference) -> MetricSpec:
        spec = self.registry.find("metric", metric.name).spec
        assert isinstance(spec, MetricSpec)
        return spec

    def _metric(self, metric: Reference) -> MetricReference:
        spec = self._spec_of(metric)
        with offline(self.request.offline):
            found = probe_metric(self.registry, metric)
        data, missing = (MetricData(), found) if isinstance(found, str) else (found, "")
        return MetricReference(
            metric=self.sealed(metric),
            column=Column.of(spec, metric.label, metric.arguments(), data.mark),
            missing=missing,
            data=data.digest,
        )
