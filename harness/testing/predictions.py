"""What the outputs that a stage compares with the noisy image depend on, told by its loss alone."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

from harness.methods.stage import NoisyBatch, Stage
from harness.testing.receptive_field import (
    IMAGES,
    Place,
    ReceptiveField,
    field_of,
    gradients_or_error,
    places_in,
)
from harness.util.seeding import seed_all

FAR = 1e3
"""A noisy value that is far from any prediction, on either side."""


@dataclass(frozen=True)
class Call:
    """What an outermost network put out when it was called.

    Attributes:
        output: tensors with their graph, in whatever holds them.
        generator: the state of torch's generator after the call, for what is drawn later on.
    """

    output: Any
    generator: Tensor

    @cached_property
    def outputs(self) -> list[Tensor]:
        """The tensors that hold numbers with a fraction."""
        found: list[Tensor] = []

        def keep(tensor: Tensor) -> Tensor:
            found.append(tensor)
            return tensor

        _mapped(keep, self.output)
        return found


def field_of_stage(stage: Stage, channels: int = 3, seed: int = 0) -> ReceptiveField | None:
    r"""Measure what the outputs that a stage compares with a noisy pixel depend on.

    The loss is :math:`L(o, y)` of the outputs :math:`o = f(y)` of the stage's networks and of the
    noisy image. Which outputs are compared with the pixel :math:`y_p`, and how much what they say
    of it depends on a pixel :math:`y_q`, are

    .. math:: \delta = \left. \frac{\partial L}{\partial o} \right|_{y_p \to \infty}
        - \left. \frac{\partial L}{\partial o} \right|_{y_p \to -\infty}, \quad
        I_q = \sum_c \left| \delta^\top \frac{\partial o}{\partial y_{c,q}} \right|

    whatever the loss, and whatever stands between image and network, such as masks or sub-images:
    where a stage is blind, :math:`I_p` is zero. Networks are the outermost modules with weights
    that the stage calls. A target that passes through them, too, is not found.

    Args:
        stage: of view ``noisy``, in double precision; measured on crops of its recipe.
        channels: of the images.
        seed: of what the stage draws, such as masks.

    Returns:
        The field at some pixels that it predicts; None: it compares no output with the noisy image.

    Raises:
        NoGradientError: it computes outside of torch.
    """
    _train(stage)
    side = stage.recipe.crop
    generator = torch.Generator().manual_seed(seed)
    shape = (IMAGES, channels, side, side)
    noisy = torch.rand(shape, generator=generator, dtype=torch.float64)
    seen = noisy.clone().requires_grad_()
    with gradients_or_error():
        calls = _recorded(stage, seen, seed)
    outputs = [output for call in calls for output in call.outputs]
    places = _compared(stage, noisy, calls, seed)
    found = []
    for place in places:
        responses = [
            _response(stage, _with_pixel(noisy, place, value), calls, seed) for value in (FAR, -FAR)
        ]
        changes = [above - below for above, below in zip(*responses, strict=True)]
        found.append(_pulled_back(outputs, changes, seen))
    return field_of(torch.stack(found), places) if found else None


def _train(stage: Stage) -> None:
    """Put the modules into the modes of training: what is not trained is in evaluation mode."""
    stage.eval()
    for module in stage.trained():
        module.train()


def _compared(stage: Stage, noisy: Tensor, calls: list[Call], seed: int) -> list[Place]:
    """Pixels of the first image with which outputs are compared, near to those usually measured."""
    target = noisy.clone().requires_grad_()
    loss = _loss_given(stage, target, calls, _leaves(calls), seed)
    (slope,) = _gradients(loss, [target])
    rest = slope[0].abs().sum(0).nonzero()
    places = []
    for place in places_in(noisy.shape[-1]):
        if not len(rest):
            break
        nearest = (rest - torch.tensor(place)).abs().amax(1).argmin()
        row, column = rest[nearest].tolist()
        places.append((row, column))
        rest = torch.cat([rest[:nearest], rest[nearest + 1 :]])
    return places


def _with_pixel(noisy: Tensor, place: Place, value: float) -> Tensor:
    changed = noisy.clone()
    changed[0, :, place[0], place[1]] = value
    return changed


def _response(stage: Stage, target: Tensor, calls: list[Call], seed: int) -> list[Tensor]:
    """The slope of the loss in every output."""
    given = [output.requires_grad_() for output in _leaves(calls)]
    return _gradients(_loss_given(stage, target, calls, given, seed), given)


def _leaves(calls: list[Call]) -> list[Tensor]:
    """All outputs, without their graph."""
    return [output.detach() for call in calls for output in call.outputs]


def _gradients(loss: Tensor, inputs: list[Tensor]) -> list[Tensor]:
    """The slopes of a loss; zero where it does not depend on an input."""
    if not loss.requires_grad:
        return [torch.zeros_like(each) for each in inputs]
    return list(torch.autograd.grad(loss, inputs, allow_unused=True, materialize_grads=True))


def _pulled_back(outputs: list[Tensor], changes: list[Tensor], seen: Tensor) -> Tensor:
    """How much changes of the outputs are a matter of each pixel, N x H x W."""
    pairs = [(o, c) for o, c in zip(outputs, changes, strict=True) if o.requires_grad and c.any()]
    if not pairs:
        return torch.zeros_like(seen[:, 0])
    (gradient,) = torch.autograd.grad(
        [output for output, _ in pairs],
        seen,
        [change for _, change in pairs],
        retain_graph=True,
        allow_unused=True,
        materialize_grads=True,
    )
    return gradient.abs().sum(1).detach()


def _recorded(stage: Stage, noisy: Tensor, seed: int) -> list[Call]:
    """What the stage's networks put out, in the order of their calls, with its graph."""
    calls: list[Call] = []
    depth = 0

    def enter(module: nn.Module, args: Any) -> None:
        nonlocal depth
        depth += 1

    def leave(module: nn.Module, args: Any, output: Any) -> None:
        nonlocal depth
        depth -= 1
        if not depth:
            calls.append(Call(output, torch.get_rng_state()))

    networks = _networks(stage)
    handles = [network.register_forward_pre_hook(enter) for network in networks]
    handles += [network.register_forward_hook(leave) for network in networks]
    try:
        _loss(stage, noisy, seed)
    finally:
        for handle in handles:
            handle.remove()
    return calls


def _loss_given(
    stage: Stage, noisy: Tensor, calls: list[Call], outputs: list[Tensor], seed: int
) -> Tensor:
    """The loss if its networks had put these out; they compute nothing."""
    rest, given = iter(calls), iter(outputs)

    def put_out(*args: Any, **options: Any) -> Any:
        call = next(rest)
        torch.set_rng_state(call.generator)
        return _mapped(lambda _: next(given).clone(), call.output)

    networks = _networks(stage)
    own = [vars(network).get("forward") for network in networks]
    for network in networks:
        vars(network)["forward"] = put_out
    try:
        return _loss(stage, noisy, seed)
    finally:
        for network, forward in zip(networks, own, strict=True):
            del vars(network)["forward"]
            if forward is not None:
                vars(network)["forward"] = forward


def _loss(stage: Stage, noisy: Tensor, seed: int) -> Tensor:
    seed_all(seed)
    loss: Tensor = stage(NoisyBatch(noisy, torch.arange(len(noisy))))
    return loss


def _networks(stage: Stage) -> list[nn.Module]:
    """The modules with weights, those inside of others included."""
    return [
        module
        for module in stage.modules()
        if module is not stage and any(True for _ in module.parameters())
    ]


def _mapped(function: Callable[[Tensor], Tensor], output: Any) -> Any:
    """Apply a function to all tensors of an output that hold numbers with a fraction."""

    def on_numbers(tensor: Tensor) -> Tensor:
        return function(tensor) if tensor.is_floating_point() else tensor

    return tree_map_only(Tensor, on_numbers, output)
