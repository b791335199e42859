"""Every method and network of this project keeps the contract that those of others are held to."""

import pytest
from narrowed import narrowed

from harness.plugin.discovery import DISTRIBUTION
from harness.plugin.registry import load_registry
from harness.specs import LoadSettings
from harness.testing.contracts import Contract, MethodContract, NetworkContract

pytestmark = pytest.mark.usefixtures("fresh_accelerate")

QUICK = {"guided-filter", "identity", "oracle", "n2v", "dncnn", "unet", "ssid-lan"}
"""Those that are small; the others are tested in CI."""

NO_TILES = {
    "method amsnet",  # its masks are drawn anew for every tile
    "method apbsn",  # its mosaic shows the next sub-image at the border of the image
    "method lgbpn",  # its attention looks at the whole image
    "network deamnet",  # its receptive field is large, so the smallest tiles take minutes
}
"""Those that are not tested in tiles here."""


def ours(kind: str) -> list[str]:
    """The names of this project's plugins of a kind."""
    registry = load_registry(LoadSettings(autoload=False))
    entries = registry.entries(kind)
    return [entry.spec.name for entry in entries if entry.owner.distribution == DISTRIBUTION]


def held_to(contract: type[Contract], name: str) -> type[Contract]:
    """The tests of a contract on one plugin."""
    attributes: dict[str, object] = {"name": narrowed(contract.kind, name)}
    if f"{contract.kind} {name}" in NO_TILES:
        attributes["test_tiles_give_what_the_whole_image_gives"] = None
    if name not in QUICK:
        attributes["pytestmark"] = [pytest.mark.slow]
    return type(f"Test {name}", (contract,), attributes)


for name in ours("method"):
    globals()[f"Test_method_{name}"] = held_to(MethodContract, name)
for name in ours("network"):
    globals()[f"Test_network_{name}"] = held_to(NetworkContract, name)
