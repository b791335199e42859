import pytest
import torch
from torch.nn import functional as F

from harness import DataError, PairedBatch, ParameterError
from harness_baselines.hooks import harness_register_methods
from harness_baselines.n2c import NoiseToClean

SMALL = "dncnn[width=4,layers=3]"
UNET = "unet[width=2,levels=3,tail=2]"


@pytest.fixture
def pairs():
    noisy, clean = torch.rand(2, 2, 3, 16, 16)
    return PairedBatch(noisy, clean, torch.zeros(2, dtype=torch.long))


@pytest.mark.parametrize(("loss", "error"), [("l1", F.l1_loss), ("l2", F.mse_loss)])
def test_it_learns_from_the_clean_image(loss, error, pairs):
    method = NoiseToClean(denoiser="dncnn[width=4,layers=3,batch_norm=false]", loss=loss)
    (stage,) = method.stages()

    assert stage.view == "pairs"
    torch.testing.assert_close(stage(pairs), error(method.denoise(pairs.noisy), pairs.clean))


def test_every_weight_is_trained(pairs):
    method = NoiseToClean(denoiser=SMALL)
    (stage,) = method.stages()

    stage(pairs).backward()

    assert all(weight.grad is not None for weight in method.parameters())


def test_its_spec_says_that_it_sees_pairs():
    assert {spec.name: spec.view for spec in harness_register_methods()} == {
        "n2c": "pairs",
        "n2v": "noisy",
    }


def test_size_and_reach_are_those_of_the_denoiser():
    plain, pooling = NoiseToClean(denoiser=SMALL), NoiseToClean(denoiser=UNET)

    assert (plain.size_multiple, plain.receptive_radius) == (1, 3)
    assert (pooling.size_multiple, pooling.receptive_radius) == (8, 37)


def test_a_denoiser_that_sees_the_whole_image_is_not_tiled():
    assert (
        NoiseToClean(denoiser="nafnet[width=2,encoder=[1],middle=1,decoder=[1]]").receptive_radius
        is None
    )


def test_crops_that_the_network_cannot_take_are_refused():
    with pytest.raises(ParameterError, match=r"n2c: crop=100 .* multiple of 8, such as 104"):
        NoiseToClean(denoiser=UNET, crop=100)


@pytest.mark.parametrize("wrapped", [dict, lambda weights: {"params": weights}])
def test_pretrained_weights_of_the_denoiser_are_loaded(wrapped):
    method, other = NoiseToClean(denoiser=UNET), NoiseToClean(denoiser=UNET)

    method.load_pretrained(wrapped(other.denoiser.state_dict()))

    noisy = torch.rand(1, 3, 16, 8)
    assert torch.equal(method.denoise(noisy), other.denoise(noisy))


def test_weights_of_another_denoiser_are_refused():
    with pytest.raises(DataError, match="weights of another network"):
        NoiseToClean(denoiser=UNET).load_pretrained(
            NoiseToClean(denoiser=SMALL).denoiser.state_dict()
        )
