"""A metric that breaks its contract is caught by a message that names the cause."""

import pytest

from harness.testing.contracts import MetricContract

SOUND = """
from harness import MetricSpec, hookimpl

@hookimpl
def harness_register_metrics():
    return MetricSpec(
        name="mine", target="PLUGIN:mine", summary="Mean absolute error.", label="MAE",
        protocol="8bit", higher_is_better=False, decimals=2, tolerance=0.01,
    )

def mine(denoised, clean):
    return 255 * (denoised - clean).abs().mean(dim=(1, 2, 3))
"""
KNOWN = ((130, 100, 30), (255, 0, 255))


def test_a_sound_metric_passes(failures):
    assert failures(MetricContract, SOUND, known=KNOWN) == {}


@pytest.mark.parametrize(
    ("before", "after", "test", "says"),
    [
        pytest.param(
            ".mean(dim=(1, 2, 3))",
            ".mean().expand(len(clean))",
            "test_images_of_a_batch_are_scored_as_alone",
            "take means over dim=(1, 2, 3), and nothing over the batch",
            id="mean-of-the-batch",
        ),
        pytest.param(
            ".mean(dim=(1, 2, 3))",
            ".mean().reshape(1)",
            "test_an_image_gets_one_number",
            "it returned 1 numbers for 2 images: one for each is wanted",
            id="one-number",
        ),
        pytest.param(
            "higher_is_better=False",
            "higher_is_better=True",
            "test_more_noise_scores_worse",
            "its spec says higher_is_better=True, but less to more noise scores",
            id="direction",
        ),
        pytest.param(
            "255 * ",
            "",
            "test_known_images_have_known_scores",
            "a flat image of 130 scores 0.117647 against one of 100, not 30",
            id="unit",
        ),
        pytest.param(
            "    return 255 * (denoised - clean)",
            "    denoised -= clean\n    return 255 * denoised",
            "test_the_images_that_it_is_given_stay",
            "leave out operations in place",
            id="in-place",
        ),
        pytest.param(
            "    return 255 * ",
            "    return 1 - 255 * ",
            "test_nothing_scores_better_than_the_clean_image",
            "the clean image itself scores 1, and a noisy one",
            id="turned",
        ),
    ],
)
def test_a_mutant_is_caught(failures, before, after, test, says):
    caught = failures(MetricContract, SOUND.replace(before, after), test, known=KNOWN)
    assert says in caught[test]
