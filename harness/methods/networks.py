"""Networks by name: how a method uses a part that another plugin brings."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from torch import nn

from harness.errors import PluginError
from harness.methods.stage import Stage
from harness.plugin.registry import active_registry

Built = dict[str, list[nn.Module]]
"""Networks by the selectors that they were built by."""

_BUILT: ContextVar[Built] = ContextVar("built")


@contextmanager
def noting_networks() -> Iterator[Built]:
    """Note the networks that are built, which may be fewer than are named."""
    token = _BUILT.set({})
    try:
        yield _BUILT.get()
    finally:
        _BUILT.reset(token)


def build_network(selector: str, role: str, *, channels: int = 3) -> nn.Module:
    """Build a network that plays a role.

    Args:
        selector: such as ``mine`` or ``mine[width=32]``; the value of a method's argument that
            is marked with this role.
        role: ``denoiser``, ``blind`` or ``local``, see :class:`harness.NetworkSpec`.
        channels: of the images, unless the selector says otherwise.

    Returns:
        A module with fresh weights that maps N x C x H x W in [0, 1] to the same shape.

    Raises:
        UsageError: there is no such network, or it cannot play the role.
        PluginError: it cannot be loaded, or is no network.
    """
    registry = active_registry()
    reference = registry.choose_network(selector, role)
    network = registry.build(reference, channels)
    if not isinstance(network, nn.Module):
        what = type(network).__name__
        raise PluginError(f"network {reference.label!r} is a {what}, no nn.Module")
    if (built := _BUILT.get(None)) is not None:
        built.setdefault(reference.selector, []).append(network)
    return network


def trained_networks(built: Built, stages: Iterable[Stage]) -> set[str]:
    """The selectors of the networks that stages train.

    Where they train none of them, for they train copies, all count.
    """
    trained = {id(p) for stage in stages for part in stage.trained() for p in part.parameters()}
    found = {
        selector
        for selector, networks in built.items()
        if any(id(p) in trained for network in networks for p in network.parameters())
    }
    return found or set(built)


def size_multiple_of(network: nn.Module) -> int:
    """What height and width of a network's images are multiples of; 1 where it does not say."""
    return int(getattr(network, "size_multiple", 1))


def receptive_radius_of(network: nn.Module) -> int | None:
    """How many pixels to each side a network's output depends on; None: it does not say, or all."""
    radius: int | None = getattr(network, "receptive_radius", None)
    # interface 1 called it ``reach``; remove with the support of plugins of that version
    return getattr(network, "reach", None) if radius is None else radius
