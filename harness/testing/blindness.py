"""Proof of blindness: what methods and networks do not see, measured, and held to their claims.

Gradients in double precision tell on which input pixels an output pixel depends, at several
phases, in the configurations of training and of inference, with the weights as they are drawn and
with others that hide nothing. A method that says in its spec that it is blind, and is not, fails.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.errors import HarnessError, UsageError
from harness.methods.method import Method, OracleMethod
from harness.methods.networks import size_multiple_of
from harness.plugin.blind import Claim, parse_claim
from harness.plugin.claims import claim_of
from harness.plugin.registry import Registry
from harness.results.reference import Reference
from harness.specs import NetworkSpec
from harness.testing.leaks import objection
from harness.testing.predictions import field_of_stage
from harness.testing.receptive_field import (
    NoGradientError,
    ReceptiveField,
    receptive_field,
    wake,
)
from harness.util.seeding import seed_all

M = TypeVar("M", bound=nn.Module)

SIDE = 96
"""Of the images on which networks and inference are measured, or the next fit multiple."""

GAINS = (1.0, 0.1)
"""Of weights that hide nothing: with the first no path fades, with the second none saturates."""

OWN_PIXEL = parse_claim("1x1")
"""What a network of the role ``blind`` claims by that, in training and inference."""


@dataclass(frozen=True)
class Measurement:
    """What was measured in one configuration.

    Attributes:
        configuration: ``training`` or ``inference``.
        name: of the stage; empty for a network, and for inference.
        field: what an output pixel depends on; None: it could not be measured.
        note: why it could not.
        objection: what is seen though it is claimed to be hidden; empty if nothing is.
    """

    configuration: str
    name: str = ""
    field: ReceptiveField | None = None
    note: str = ""
    objection: str = ""

    @property
    def title(self) -> str:
        """Configuration, and stage if there is one."""
        return f"{self.configuration}, stage {self.name}" if self.name else self.configuration


@dataclass(frozen=True)
class Blindness:
    """What a method or network does not see, and whether it keeps its claim.

    Attributes:
        reference: what was measured, in its ``quick`` configuration.
        claim: of its spec; None where it makes none.
        measurements: one per stage of training, and one of inference.
        objections: why the claim does not hold; none where it does.
    """

    reference: Reference
    claim: Claim | None
    measurements: tuple[Measurement, ...]
    objections: tuple[str, ...]

    @property
    def training(self) -> Measurement | None:
        """The first measurement of training that succeeded, if any did."""
        return self._first("training")

    @property
    def inference(self) -> Measurement | None:
        """The measurement of inference, if it succeeded."""
        return self._first("inference")

    def _first(self, configuration: str) -> Measurement | None:
        found = (m for m in self.measurements if m.configuration == configuration and m.field)
        return next(found, None)


def check_blindness(registry: Registry, kind: str, selector: str) -> Blindness:
    """Measure a method or network, and hold it to what its spec claims; see :func:`blindness`.

    Raises:
        HarnessError: it sees what it claims not to see; says what, how much, and as far as that
            can be told by what.
    """
    found = blindness(registry, kind, selector)
    if found.objections:
        raise HarnessError("; ".join(found.objections))
    return found


def blindness(registry: Registry, kind: str, selector: str) -> Blindness:
    """Measure a method or network in its ``quick`` configuration, and compare with its claim.

    Args:
        registry: has the plugins.
        kind: ``method`` or ``network``.
        selector: of it; what it sets goes before the configuration.

    Raises:
        UsageError: there is no such plugin, or it is an oracle.
        PluginError: it cannot be made, or its claim cannot be read.
    """
    reference = registry.choose(kind, selector, quick=True)
    claim = claim_of(registry, reference)
    measure = _of_method if kind == "method" else _of_network
    measurements = tuple(measure(registry, reference, claim))
    name = f"{kind} {reference.label!r}"
    objections = [
        f"{name} in {measurement.title} {measurement.objection}"
        for measurement in measurements
        if measurement.objection
    ]
    in_training = [m for m in measurements if m.configuration == "training"]
    if claim and not any(m.field for m in in_training):
        why = "; ".join(filter(None, (m.note for m in in_training))) or "it has no stage"
        objections.append(f"{name} claims {claim.text!r}, which cannot be measured: {why}")
    return Blindness(reference, claim, measurements, tuple(objections))


def field_of_network(
    make: Callable[[], M],
    side: int,
    *,
    channels: int = 3,
    training: bool = True,
    function: Callable[[M], Callable[[Tensor], Tensor]] | None = None,
) -> ReceptiveField:
    """Measure what a network can see with any weights.

    That is what it sees with the weights as they are drawn, and with weights that are all
    positive, so that nothing cancels and no ReLU is off.

    Args:
        make: makes the network; called for each draw.
        side: of the square images.
        channels: of the images.
        training: measure it in training mode; else in evaluation mode.
        function: what of the network to call; None: itself.

    Raises:
        NoGradientError: its output has no gradient.
    """

    def measure(network: M) -> ReceptiveField:
        network.train(training)
        return receptive_field(function(network) if function else network, side, channels=channels)

    return _joined(measure(network) for network in _draws(make))


def _draws(make: Callable[[], M]) -> Iterator[M]:
    """The module with weights as they are drawn, and with such as hide nothing."""
    seed_all(0)
    yield make().double()
    for gain in GAINS:
        module = make().double()
        wake(module, gain)
        yield module


def _joined(fields: Iterator[ReceptiveField]) -> ReceptiveField:
    """What is seen in any of several measurements."""
    found = next(fields)
    for field in fields:
        found = found.joined(field)
    return found


def _of_network(
    registry: Registry, reference: Reference, claim: Claim | None
) -> Iterator[Measurement]:
    """Training mode and evaluation mode."""
    spec = registry.find("network", reference.name).spec
    assert isinstance(spec, NetworkSpec)
    least = OWN_PIXEL if "blind" in spec.roles else None

    channels = _channels(registry, reference)

    def make() -> nn.Module:
        network: nn.Module = registry.build(reference, channels)
        return network

    measure = partial(field_of_network, make, _side(make()), channels=channels)
    yield _measured("training", claim or least, partial(measure, training=True))
    yield _measured("inference", least, partial(measure, training=False))


def _of_method(
    registry: Registry, reference: Reference, claim: Claim | None
) -> Iterator[Measurement]:
    """Every stage that sees noisy images alone, and inference."""
    channels = _channels(registry, reference)

    def make() -> Method:
        method: Method = registry.build(reference, channels)
        method.prepare([_noise(seed, channels) for seed in range(2)])
        return method

    first = make()
    if isinstance(first, OracleMethod):
        raise UsageError(f"{reference.label!r} is an oracle, which is shown the clean image")
    for index, stage in enumerate(first.stages()):
        if stage.view == "noisy":
            measure = partial(_field_of_stage, make, index, channels)
            yield _measured("training", claim, measure, stage.name)
        else:
            why = "it is trained on clean images, too"
            yield Measurement("training", stage.name, note=why)
    denoising = partial(
        field_of_network, make, _side(first), channels=channels, training=False, function=_denoise
    )
    yield _measured("inference", None, denoising)


def _field_of_stage(make: Callable[[], Method], index: int, channels: int) -> ReceptiveField:
    """What a stage shows its networks of the pixels that they predict, with any weights.

    Raises:
        NoGradientError: it cannot be told.
    """

    def measure(method: Method, seed: int) -> ReceptiveField:
        field = field_of_stage(method.stages()[index].double(), channels, seed)
        if field is None:
            raise NoGradientError("it compares no output of a network with the noisy image")
        return field

    return _joined(measure(method, seed) for seed, method in enumerate(_draws(make)))


def _denoise(method: Method) -> Callable[[Tensor], Tensor]:
    return method.denoise


def _measured(
    configuration: str,
    claim: Claim | None,
    measure: Callable[[], ReceptiveField],
    name: str = "",
) -> Measurement:
    """Measure, and hold the result to a claim; where that cannot be, say why."""
    try:
        field = measure()
    except NoGradientError as error:
        return Measurement(configuration, name, note=str(error))
    return Measurement(
        configuration, name, field, objection=objection(claim, field) if claim else ""
    )


def _side(network: nn.Module) -> int:
    multiple = size_multiple_of(network)
    return -(-SIDE // multiple) * multiple


def _channels(registry: Registry, reference: Reference) -> int:
    """The number of channels that the user set, or that of colour images."""
    names = registry.find(reference.kind, reference.name).of_images
    given = [reference.parameters[name] for name in names if name in reference.parameters]
    return next((value for value in given if isinstance(value, int)), 3)


def _noise(seed: int, channels: int) -> NDArray[np.uint8]:
    """A noisy image for what a method measures of its training set, 8 bit."""
    generator = np.random.default_rng(seed)
    return generator.integers(96, 160, (SIDE, SIDE, channels), np.uint8)
