import pytest
import torch

from harness_dbsn.method import DBSN


def narrow(**parameters):
    method = DBSN(**{"width": 8, "blocks": 1, "stride": 4, "crop": 16, "channels": 1} | parameters)
    return method.denoiser


@torch.no_grad()
def set_levels(denoiser, levels):
    """Let every noise network output its own standard deviation, whatever it sees."""
    raw = torch.log(torch.expm1(torch.tensor(levels) - 1e-3)) + 4
    denoiser.noise.networks.biases[-1].copy_(raw[:, None])


def test_sub_images_of_a_phase_of_the_bayer_pattern_have_one_network():
    sets = narrow(groups=True).sets(torch.tensor([0])).view(4, 4)

    expected = torch.tensor([[0, 1], [2, 3]]).repeat(2, 2)
    assert torch.equal(sets, expected)


def test_the_networks_of_an_image_follow_one_another():
    denoiser = narrow(groups=True)
    denoiser.make_noise_models(5)

    sets = denoiser.sets(torch.tensor([3, 0])).view(2, 16)

    assert denoiser.noise.networks.sets == 20
    assert sets[0].unique().tolist() == [12, 13, 14, 15]
    assert sets[1].unique().tolist() == [0, 1, 2, 3]


def test_images_that_share_a_network_all_have_the_first():
    assert narrow(groups=False).sets(torch.tensor([7, 2])).tolist() == [0] * 32


def test_the_noise_of_a_phase_is_that_of_its_network():
    denoiser = narrow(groups=True)
    set_levels(denoiser, [0.05, 0.1, 0.15, 0.2])

    covariance = denoiser.noise_of(torch.rand(1, 1, 16, 16), torch.tensor([0]))

    levels = denoiser.up(covariance.sqrt())[0, 0]
    expected = torch.tensor([[0.05, 0.1], [0.15, 0.2]]).repeat(8, 8)
    torch.testing.assert_close(levels, expected)


def test_an_unknown_image_gets_the_network_of_maximum_likelihood():
    denoiser = narrow(noise="awgn", groups=False, stride=1)
    denoiser.make_noise_models(3)
    set_levels(denoiser, [0.02, 0.1, 0.3])
    with torch.no_grad():  # a network that outputs grey, without doubt
        denoiser.network.dbsn_tail[-1].weight.zero_()
        denoiser.head.conv[-1].bias.zero_()
    noise = torch.randn(3, 1, 24, 24)
    noisy = 0.5 + torch.tensor([0.3, 0.02, 0.1])[:, None, None, None] * noise

    chosen = denoiser.maximum_likelihood(denoiser(denoiser.down(noisy)))

    assert chosen.tolist() == [2, 0, 1]
    one_by_one = [denoiser.denoise(image) for image in noisy.split(1)]
    torch.testing.assert_close(denoiser.denoise(noisy), torch.cat(one_by_one))
    torch.testing.assert_close(
        denoiser.denoise(noisy), denoiser.denoise(noisy, torch.tensor([2, 0, 1]))
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_less_noise_moves_the_output_from_the_mean_to_the_noisy_image(channels):
    denoiser = narrow(channels=channels, noise="awgn", groups=False)
    noisy = torch.rand(1, channels, 16, 16)
    mean = denoiser.denoise(noisy, bayes=False)

    distances = []
    for level in (0.5, 0.05, 0.005):
        set_levels(denoiser, [level])
        output = denoiser.denoise(noisy)
        distances.append(float((output - noisy).detach().norm() / (mean - noisy).detach().norm()))

    assert 1 > distances[0] > distances[1] > distances[2] > 0
    assert distances[0] == pytest.approx(1, abs=0.01)
