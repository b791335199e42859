import pytest
import torch

from harness import DataError
from harness_controls.hooks import harness_register_methods
from harness_controls.methods import Identity, Oracle


def test_identity_returns_the_noisy_image():
    noisy = torch.rand(2, 3, 5, 7)

    assert torch.equal(Identity().denoise(noisy), noisy)


def test_the_oracle_returns_the_clean_image():
    noisy, clean = torch.rand(2, 2, 3, 5, 7)

    assert torch.equal(Oracle().denoise_knowing(noisy, clean), clean)


def test_the_oracle_cannot_denoise_without_the_truth():
    with pytest.raises(DataError, match="an oracle needs clean images"):
        Oracle().denoise(torch.rand(1, 3, 5, 7))


def test_only_the_oracle_is_marked_as_knowing_the_truth():
    assert {spec.name: spec.oracle for spec in harness_register_methods()} == {
        "identity": False,
        "oracle": True,
    }
