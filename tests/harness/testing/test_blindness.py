"""Planted leaks are caught, with a message that names the cause."""

import pytest

from harness.errors import HarnessError, UsageError
from harness.runs.api import load_plugins
from harness.testing.blindness import blindness, check_blindness


@pytest.fixture
def leaky(toys):
    return load_plugins(str(toys.with_name("leaky.py")), str(toys))


@pytest.mark.parametrize("size", [1, 3, 5])
def test_a_network_that_keeps_its_claim_passes(leaky, size):
    found = check_blindness(leaky, "network", f"window[size={size}]")
    assert str(found.training.field.patch) == f"{size}x{size}"
    assert str(found.inference.field.patch) == f"{size}x{size}"
    assert found.training.field.reach == size // 2 + 2


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        (
            "window[leak=centre]",
            r"'window\[leak=centre\]' in training claims to be blind to 3x3 and sees the pixel "
            r"itself, by .* of the most that it sees of a pixel: through a weight of the centre "
            r"that no mask hides, or a skip connection",
        ),
        ("window[leak=skip]", r"sees the pixel itself.*or a skip connection"),
        (
            "window[size=5,leak=tap]",
            r"claims to be blind to 5x5 and sees the pixel 1 right, by .*: through one tap that no "
            r"mask hides",
        ),
        (
            "window[size=7,leak=short]",
            r"sees the pixel 3 up, the pixel 3 left, the pixel 3 right and 21 more, by .*: the "
            r"outermost pixels of 7x7 alone; a mask, shift or dilation is short by one",
        ),
        (
            "window[leak=mean]",
            r"through a statistic of the whole image, such as a mean, a normalisation or attention",
        ),
        (
            "window[leak=batch]",
            r"sees other images of the batch, by .*: through a statistic of the batch, such as "
            r"batch normalisation in training mode",
        ),
        (
            "window[size=1,leak=phase]",
            r"sees the pixel itself, by .*, at \d of 8 phases: through a pooling, a stride or a "
            r"mask that depends on the place",
        ),
        (
            "window[leak=inference]",
            r"in inference claims to be blind to 1x1 and sees the pixel itself",
        ),
        ("unsaid[leak=skip]", r"in training claims to be blind to 1x1 and sees the pixel itself"),
    ],
)  # fmt: skip
def test_a_leak_is_caught_and_its_cause_is_named(leaky, selector, message):
    with pytest.raises(HarnessError, match=message):
        check_blindness(leaky, "network", selector)


@pytest.mark.parametrize(
    "selector", ["learner", "learner[stride=3,loss=l2]", "echo[network=window[size=5]]", "hider"]
)
def test_a_method_that_keeps_its_claim_passes(leaky, selector):
    assert not blindness(leaky, "method", selector).objections


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        (
            "learner[network=window[size=1,leak=skip]]",
            r"in training, stage learning claims to be blind to 1x1 stride 1 and sees the pixel "
            r"itself",
        ),
        ("hider[hides=false]", r"stage hiding claims to be blind to 1x1 and sees the pixel itself"),
        ("echo[network=window[size=5,leak=short]]", r"claims to be blind to 5x5 .*short by one"),
        (
            "follower",
            r"'follower' claims '1x1', which cannot be measured: it compares no output of a "
            r"network with the noisy image",
        ),
        ("untold", r"'untold' claims '1x1', which cannot be measured: it has no stage"),
    ],
)  # fmt: skip
def test_a_method_that_claims_more_than_it_has_is_caught(leaky, selector, message):
    with pytest.raises(HarnessError, match=message):
        check_blindness(leaky, "method", selector)


def test_without_a_claim_nothing_is_held_against_a_method(leaky):
    found = check_blindness(leaky, "method", "toy")
    assert found.claim is None
    assert str(found.training.field.patch) == "1x1"


def test_what_is_trained_on_clean_images_is_measured_in_inference_alone(leaky):
    found = check_blindness(leaky, "method", "supervised")
    assert found.training is None
    assert found.measurements[0].note == "it is trained on clean images, too"
    assert found.inference.field is not None


def test_what_leaves_torch_is_not_measured_and_says_so(leaky):
    found = blindness(leaky, "method", "untold")
    assert found.inference is None
    assert "outside of torch" in found.measurements[-1].note


def test_an_oracle_is_not_measured():
    with pytest.raises(UsageError, match="'oracle' is an oracle, which is shown the clean image"):
        blindness(load_plugins(), "method", "oracle")
