"""What the specs of this project claim not to see is measured, in narrow configurations."""

import pytest
from narrowed import narrowed

from harness.errors import HarnessError
from harness.plugin.registry import load_registry
from harness.specs import LoadSettings, MethodSpec
from harness.testing.blindness import OWN_PIXEL, check_blindness

REGISTRY = load_registry(LoadSettings())

CLAIMING = [
    (kind, entry.spec.name)
    for kind in ("method", "network")
    for entry in REGISTRY.entries(kind)
    if entry.spec.blind
]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), CLAIMING)
def test_a_claim_holds(kind, name):
    found = check_blindness(REGISTRY, kind, narrowed(kind, name))
    field = found.training.field
    assert found.claim.hides(0, 0)
    assert field.patch is not None
    assert field.leak <= found.claim.leak


def test_who_learns_from_noisy_images_alone_says_to_what_it_is_blind():
    silent = [
        entry.spec.name
        for entry in REGISTRY.entries("method")
        if isinstance(entry.spec, MethodSpec)
        and entry.spec.trains
        and entry.spec.view == "noisy"
        and not entry.spec.blind
    ]
    assert silent == []


def test_a_network_without_dilation_fails():
    with pytest.raises(HarnessError, match="claims to be blind to lattice 6 and sees the pixel"):
        check_blindness(REGISTRY, "network", "apbsn[dilated=false,width=4]")


def test_channel_attention_sees_the_whole_image_though_its_weights_start_at_zero():
    found = check_blindness(REGISTRY, "network", "ssid-lan")
    assert found.training.field.sees_all
    assert found.inference.field.reach is None


def test_the_least_claim_is_the_pixel_itself():
    assert OWN_PIXEL.hides(0, 0)
    assert not OWN_PIXEL.hides(0, 1)
