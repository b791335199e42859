from collections import Counter

import pytest
import torch

from harness import NoisyBatch
from harness_dbsn.method import DBSN
from harness_dbsn.stages import augmented

NAMES = ["warm-up", "noise", "likelihood"]


def narrow(**parameters):
    return DBSN(
        **{"width": 16, "blocks": 1, "stride": 2, "crop": 16, "iterations": 40} | parameters
    )


def toy_batch(channels=3, size=24, images=(0, 0, 0, 0)):
    rows = torch.linspace(0, 2, size)
    clean = 0.5 + 0.3 * torch.sin(rows[:, None] + 2 * rows[None, :])
    generator = torch.Generator().manual_seed(0)
    noise = 0.1 * torch.randn(4, channels, size, size, generator=generator)
    return NoisyBatch(noisy=clean + noise, image=torch.tensor(images))


def train(stage, batch, steps):
    """The loss of every step."""
    groups = stage.parameter_groups()
    optimizer = torch.optim.Adam(groups, lr=3e-3)
    losses = []
    for _ in range(steps):
        loss = stage(batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(
            [weight for group in groups for weight in group["params"]], stage.recipe.clip_norm
        )
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def parts(method):
    return {name: getattr(method.denoiser, name) for name in ("network", "head", "noise")}


@pytest.mark.parametrize(
    ("index", "names"),
    [(0, {"network"}), (1, {"head", "noise"}), (2, {"network", "head", "noise"})],
    ids=NAMES,
)
def test_a_stage_trains_its_parts_and_no_others(index, names):
    method = narrow()
    stage = method.stages()[index]

    handed = Counter(id(weight) for group in stage.parameter_groups() for weight in group["params"])

    trained = {
        name
        for name, part in parts(method).items()
        if any(id(weight) in handed for weight in part.parameters())
    }
    assert trained == names
    assert set(handed.values()) == {1}


@pytest.mark.parametrize("likelihood", ["plain", "constrained"])
@pytest.mark.parametrize("noise", ["awgn", "hg", "mg"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_likelihood_gives_every_part_a_gradient(channels, noise, likelihood):
    method = narrow(channels=channels, noise=noise, likelihood=likelihood)

    method.stages()[-1](toy_batch(channels)).backward()

    for part in parts(method).values():
        assert any(weight.grad.abs().sum() > 0 for weight in part.parameters())


@pytest.mark.parametrize(("noise_input", "reached"), [("mean", True), ("mean-detached", False)])
def test_the_mean_can_ask_for_less_noise_unless_it_is_detached(noise_input, reached):
    method = narrow(noise_input=noise_input, stride=1)
    denoiser, batch = method.denoiser, toy_batch(size=16)
    with torch.no_grad():
        denoiser.noise.networks.weights[-1].add_(0.1)
    prediction = denoiser(batch.noisy)
    mean = prediction.mean.detach().requires_grad_()

    covariance = denoiser.noise_covariance(prediction._replace(mean=mean), batch.image)

    assert covariance.requires_grad
    gradient = torch.autograd.grad(covariance.sum(), mean, allow_unused=True)[0]
    assert bool(gradient is not None and gradient.abs().sum() > 0) is reached


@pytest.mark.parametrize("noise", ["hg", "mg"])
def test_training_lowers_the_loss_of_each_stage_and_then_the_error(noise):
    method = narrow(noise=noise, likelihood="constrained")
    batch = toy_batch()
    clean = batch.noisy.mean((0, 1))  # of twelve draws of the noise

    for stage in method.stages():
        losses = train(stage, batch, steps=30)
        assert sum(losses[-5:]) < sum(losses[:5])

    with torch.no_grad():
        error = (method.denoise(batch.noisy) - clean).square().mean()
    assert error < (batch.noisy - clean).square().mean()


def test_the_likelihood_finds_the_level_of_white_noise():
    method = narrow(channels=1, stride=1, width=8, noise="awgn", likelihood="constrained")
    batch = toy_batch(channels=1)
    warm_up, likelihood = method.stages()
    method.denoiser.noise.networks.start_at((2.5,))  # 0.2

    train(warm_up, batch, steps=40)
    train(likelihood, batch, steps=60)

    with torch.no_grad():
        prediction = method.denoiser(batch.noisy)
        variance = method.denoiser.noise_covariance(prediction, batch.image)
    assert float(variance.sqrt().mean()) == pytest.approx(0.1, rel=0.15)


def test_training_runs_in_half_precision_with_losses_in_single_precision():
    for stage in narrow().stages():
        with torch.autocast("cpu", torch.bfloat16):
            loss = stage(toy_batch())
        assert loss.dtype == torch.float32
        assert loss.isfinite()


def test_crops_keep_the_phase_of_the_bayer_pattern_where_phases_have_networks():
    grouped, whole = (narrow(groups=groups).stages()[0].recipe for groups in (True, False))

    assert (grouped.align, grouped.flip, grouped.rotate) == (2, False, False)
    assert (whole.align, whole.flip, whole.rotate) == (1, True, True)


def test_sub_images_are_augmented_alike_and_in_eight_ways():
    images = torch.arange(18.0).reshape(2, 1, 3, 3)

    seen = [augmented(images) for _ in range(200)]

    assert len({tuple(image.flatten().tolist()) for image in seen}) == 8
    assert all(torch.equal(image[1], image[0] + 9) for image in seen)
