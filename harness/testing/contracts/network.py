"""The contract of a network that methods exchange: a module from images to images."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from harness.methods.method import Method
from harness.methods.networks import receptive_radius_of, size_multiple_of
from harness.specs import NetworkSpec
from harness.testing.contracts.base import failing_with
from harness.testing.contracts.denoising import SIZES, DenoiserContract, denoised
from harness.testing.contracts.images import image_pair
from harness.util.seeding import seed_all

ROLES = ("denoiser", "blind", "local")
"""What a network can play for the methods that come with the harness."""


class NetworkContract(DenoiserContract):
    """What every network must do; its fresh weights are those of a seed."""

    kind: ClassVar[str] = "network"

    def denoiser(self, channels: int) -> Method:
        """The network as a method that does nothing else."""
        return NetworkMethod(self.network(channels))

    def network(self, channels: int, seed: int = 0) -> nn.Module:
        """The network with fresh weights."""
        seed_all(seed)
        network = self.registry.build(self.reference, channels)
        assert isinstance(network, nn.Module), (
            f"its target returns a {type(network).__name__}: it must return an nn.Module"
        )
        return network

    def test_it_plays_a_role(self) -> None:
        """A method finds it by the roles that it can play."""
        spec = self.entry.spec
        assert isinstance(spec, NetworkSpec)
        assert spec.roles, (
            f"no method can use a network without a role: say roles=(...) with some of "
            f"{', '.join(ROLES)}"
        )

    def test_it_learns(self) -> None:
        """Its parameters have a gradient, and it is finite."""
        network = self.network(self._most).train()
        multiple = size_multiple_of(network)
        side = -(-SIZES[0][0] // multiple) * multiple
        noisy, clean = image_pair(side, side, self._most, count=2)
        with failing_with("a step of training"):
            (network(noisy) - clean).square().mean().backward()
        gradients = {name: p.grad for name, p in network.named_parameters() if p.grad is not None}
        endless = [name for name, each in gradients.items() if not each.isfinite().all()]
        assert not endless, f"the gradient of {endless[0]} is infinite or undefined"
        assert any(each.any() for each in gradients.values()), (
            "no parameter has a gradient: see that forward neither detaches nor rounds"
        )

    def test_its_weights_are_all_that_it_is(self) -> None:
        """Made anew, it computes the same with the same weights."""
        network, other = self.network(self._most), self.network(self._most, seed=1)
        with failing_with("loading its state dict into another of its kind"):
            other.load_state_dict(network.state_dict())
        pair = image_pair(*SIZES[1], self._most)
        assert torch.equal(
            denoised(NetworkMethod(network), *pair), denoised(NetworkMethod(other), *pair)
        ), "what it draws when it is made must be in parameters or buffers (register_buffer)"


class NetworkMethod(Method):
    """A network alone, as a method."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.size_multiple = size_multiple_of(network)
        self.receptive_radius = receptive_radius_of(network)

    def denoise(self, noisy: Tensor) -> Tensor:
        """What the network makes of the batch."""
        denoised: Tensor = self.network(noisy)
        return denoised
