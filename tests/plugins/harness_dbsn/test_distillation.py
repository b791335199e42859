import pytest
import torch
from torch import nn

from harness import Recipe, UnpairedBatch
from harness_dbsn.distillation import DistillationStage
from harness_dbsn.method import DBSN

RECIPE = Recipe(iterations=1, batch_size=2, crop=16, learning_rate=1e-3)


def stage(student=None, method=None, **parameters):
    method = method or narrow()
    return DistillationStage(
        method.denoiser, method.first_stage_output, student or nn.Identity(), RECIPE, **parameters
    )


def narrow(**parameters):
    return DBSN(**{"width": 8, "blocks": 1, "stride": 2, "crop": 16} | parameters)


def toy_batch(channels=3, count=2, size=16):
    noisy, clean = torch.rand(2, count, channels, size, size)
    return UnpairedBatch(noisy=noisy, clean=clean, image=torch.zeros(count, dtype=torch.long))


@pytest.mark.parametrize("noise", ["awgn", "hg", "mg"])
@pytest.mark.parametrize("channels", [1, 3])
def test_synthetic_noise_has_the_covariance_of_the_model(channels, noise):
    method = narrow(channels=channels, noise=noise, groups=False)
    with torch.no_grad():
        method.denoiser.noise.networks.biases[-1].add_(
            0.05 * torch.arange(6.0)[: method.denoiser.noise.networks.biases[-1].shape[1]]
        )
    clean = torch.full((1, channels, 256, 256), 0.4)

    drawn = stage(method=method).synthesise(clean, torch.tensor([0])) - clean

    model = method.denoiser.noise_of(clean, torch.tensor([0]))[0, :, 0, 0].detach()
    expected = torch.diag(model) if len(model) != 6 else torch.zeros(3, 3)
    if len(model) == 6:
        rows, columns = torch.triu_indices(3, 3)
        expected[rows, columns] = expected[columns, rows] = model
    found = torch.cov(drawn[0].detach().flatten(1)).reshape(channels, channels)
    torch.testing.assert_close(found, expected, rtol=0.03, atol=3e-4)


def test_synthetic_noise_is_drawn_for_the_clean_pixels():
    method = narrow(channels=1)
    with torch.no_grad():  # the deviation grows with what the network sees
        for weight in method.denoiser.noise.networks.weights:
            weight.fill_(0.2)
        method.denoiser.noise.networks.weights[-1].fill_(10)
    clean = torch.zeros(1, 1, 64, 64)
    clean[..., 32:] = 1

    drawn = stage(method=method).synthesise(clean, torch.tensor([0])) - clean

    assert drawn[..., 32:].std() > 2 * drawn[..., :32].std()


def test_jitter_varies_the_level_of_a_batch():
    still, jittered = (stage(jitter=jitter) for jitter in (0.0, 0.5))
    clean = torch.full((1, 3, 128, 128), 0.5)

    def levels(made):
        return torch.tensor(
            [(made.synthesise(clean, torch.tensor([0])) - clean).std().item() for _ in range(8)]
        )

    assert levels(still).std() < 0.02 * levels(still).mean()
    assert levels(jittered).std() > 0.1 * levels(jittered).mean()


@pytest.mark.parametrize("weight", [0.0, 0.1])
def test_the_loss_is_that_of_both_sets(weight):
    method, batch = narrow(), toy_batch(count=8, size=64)
    output = method.first_stage_output(batch.noisy, batch.image)

    loss = stage(method=method, weight=weight)(batch)  # the student outputs what it is given

    noise = method.denoiser.noise_of(batch.clean, batch.image).mean()
    expected = noise + weight * (batch.noisy - output).square().mean()
    torch.testing.assert_close(loss.detach(), expected.detach(), rtol=0.02, atol=0)


def test_only_the_student_learns_and_no_gradient_enters_the_first_stage():
    method, student = narrow(), nn.Conv2d(3, 3, 1)
    made = stage(student, method)

    made(toy_batch()).backward()

    (group,) = made.parameter_groups()
    assert {id(weight) for weight in group["params"]} == set(map(id, student.parameters()))
    assert all(weight.grad is not None for weight in student.parameters())
    assert all(weight.grad is None for weight in method.denoiser.parameters())


def test_it_sees_clean_images_of_other_scenes():
    assert stage().view == "unpaired"


def test_it_runs_in_half_precision():
    with torch.autocast("cpu", torch.bfloat16):
        loss = stage(nn.Conv2d(3, 3, 1))(toy_batch())

    assert loss.dtype == torch.float32
    assert loss.isfinite()
