import inspect
from collections import Counter

import pytest
import torch

from harness import NoisyBatch, ParameterError
from harness_dbsn.hooks import harness_register_methods
from harness_dbsn.method import DBSN


def narrow(**parameters):
    return DBSN(
        **{"width": 16, "blocks": 1, "stride": 2, "crop": 16, "iterations": 40} | parameters
    )


def toy_batch(size=32):
    rows = torch.linspace(0, 2, size)
    clean = 0.5 + 0.3 * torch.sin(rows[:, None] + 2 * rows[None, :])
    noise = 0.1 * torch.randn(4, 3, size, size, generator=torch.Generator().manual_seed(0))
    return NoisyBatch(noisy=clean + noise, image=torch.zeros(4, dtype=torch.long))


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
            [weight for group in groups for weight in group["params"]],
            stage.recipe.clip_norm or float("inf"),
        )
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


@pytest.mark.parametrize(("stride", "size"), [(1, (7, 9)), (2, (12, 10)), (4, (8, 20))])
@pytest.mark.parametrize("channels", [1, 3])
def test_denoising_keeps_the_shape(stride, size, channels):
    method = narrow(channels=channels, stride=stride)
    noisy = torch.rand(2, channels, *size)

    assert method.size_multiple == stride
    assert method.denoise(noisy).shape == noisy.shape


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_its_reach_is_what_the_gradient_shows(stride, influence, reach_of):
    method = narrow(channels=1, stride=stride, crop=12).double()
    size = 2 * stride * (method.network.reach + 2)

    seen = influence(method.denoise, (1, 1, size, size))

    assert method.reach == stride * method.network.reach
    assert reach_of(seen) == method.reach


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_it_is_blind_at_the_centre_and_at_multiples_of_six_strides(stride, influence):
    method = narrow(channels=1, stride=stride, crop=12).double()
    size = 24 * stride

    seen = influence(method.denoise, (1, 1, size, size))

    assert seen[:: 6 * stride, :: 6 * stride].count_nonzero() == 0  # the centre is on it
    assert seen.count_nonzero() > 0


def test_it_sees_only_pixels_of_its_own_sub_image(influence):
    seen = influence(narrow(channels=1, stride=2).double().denoise, (1, 1, 24, 24))

    assert seen[1::2, :].count_nonzero() == 0
    assert seen[:, 1::2].count_nonzero() == 0


def test_it_trains_by_a_warm_up_and_then_the_likelihood_on_noisy_images_alone():
    warm_up, likelihood = narrow(iterations=40, warmup=0.75).stages()

    assert (warm_up.name, warm_up.recipe.iterations) == ("warm-up", 30)
    assert (likelihood.name, likelihood.recipe.iterations) == ("likelihood", 10)
    assert {warm_up.view, likelihood.view} == {"noisy"}


@pytest.mark.parametrize(("warmup", "name"), [(0.0, "likelihood"), (1.0, "warm-up")])
def test_a_stage_without_iterations_is_left_out(warmup, name):
    assert [stage.name for stage in narrow(warmup=warmup).stages()] == [name]


def test_the_warm_up_leaves_the_variance_head_alone():
    method = narrow()
    warm_up, _ = method.stages()
    before = {key: weight.clone() for key, weight in method.head.state_dict().items()}

    losses = train(warm_up, toy_batch(), steps=2)

    assert losses[1] != losses[0]
    trained = Counter(id(weight) for weight in warm_up.parameters())
    assert not any(id(weight) in trained for weight in method.head.parameters())
    assert all(torch.equal(before[key], now) for key, now in method.head.state_dict().items())


def test_the_likelihood_trains_network_and_head():
    method = narrow()
    _, likelihood = method.stages()

    likelihood(toy_batch()).backward()

    gradients = [
        weight.grad for weight in (*method.network.parameters(), *method.head.parameters())
    ]
    assert all(gradient is not None for gradient in gradients)
    assert any(gradient.abs().sum() > 0 for gradient in gradients)


def test_training_lowers_the_loss_of_each_stage_and_then_the_error():
    method = narrow()
    batch = toy_batch()
    clean = batch.noisy.mean((0, 1))  # of twelve draws of the noise

    for stage in method.stages():
        losses = train(stage, batch, steps=60)
        assert sum(losses[-5:]) < sum(losses[:5])

    with torch.no_grad():
        error = (method.denoise(batch.noisy) - clean).square().mean()
    assert error < (batch.noisy - clean).square().mean()


def test_training_runs_in_half_precision():
    for stage in narrow().stages():
        with torch.autocast("cpu", torch.bfloat16):
            loss = stage(toy_batch())
        assert loss.dtype == torch.float32
        assert loss.isfinite()


def test_a_crop_that_is_no_multiple_of_the_stride_is_refused():
    with pytest.raises(ParameterError, match=r"a crop of 96 pixels .* stride of 5: .* such as 100"):
        narrow(stride=5, crop=96)


def test_a_warm_up_that_is_no_share_is_refused():
    with pytest.raises(ParameterError, match=r"warmup is a share from 0 to 1, not 1\.5"):
        narrow(warmup=1.5)


def test_the_spec_states_the_defaults_of_the_method():
    spec = harness_register_methods()
    signature = inspect.signature(DBSN).parameters

    assert {p.name: p.default for p in spec.parameters} == {
        name: parameter.default for name, parameter in signature.items()
    }


def test_the_quick_configuration_keeps_two_stages_and_both_branches():
    method = DBSN(**harness_register_methods().quick)

    assert [stage.name for stage in method.stages()] == ["warm-up", "likelihood"]
    assert method.size_multiple > 1
    assert method.network.br1.reach > 1
    assert method.network.br2.reach > 2
