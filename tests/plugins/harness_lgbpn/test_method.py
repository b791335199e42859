import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from harness import DataError, NoisyBatch, ParameterError
from harness.evaluation.inference import denoise
from harness.plugin.registry import LoadSettings, load_registry
from harness.plugin.selector import parse_selector
from harness_lgbpn.hooks import harness_register_suites
from harness_lgbpn.method import LGBPN
from harness_nets.restormer import ChannelAttention

NARROW = {"width": 16, "head_width": 8, "blocks": 1, "transformer_blocks": 1}

ROWS = {method for suite in harness_register_suites() for method in suite.methods}
SELECTORS = sorted(row for row in ROWS if row.startswith("lgbpn"))
"""Without the competitors, which are other plugins' methods."""


def narrow(**options):
    return LGBPN(**NARROW | options).eval()


def photographs(blurred):
    """Two flat photographs with noise, white or blurred."""
    random = np.random.default_rng(0)
    noise = random.standard_normal((2, 128, 128, 3))
    if blurred:
        noise = gaussian_filter(noise, (0, 0.7, 0.7, 0), mode="wrap")
    return list((120 + 12 * noise / noise.std()).round().astype(np.uint8))


def released(method):
    """The weights as the released code saves them."""
    weights = {}
    for name, value in method.network.state_dict().items():
        if name.endswith("Maskconv.mask"):
            weight = method.network.state_dict()[name.replace("mask", "weight")]
            weights[name] = value.expand_as(weight)
            weights[name.replace("mask", "test_conv.weight")] = torch.rand_like(weight)
            weights[name.replace("mask", "test_conv.bias")] = torch.rand(len(weight))
        else:
            weights[name] = value
    return weights


def prefixed(prefix, weights):
    return {prefix + name: value for name, value in weights.items()}


WRAPPINGS = {
    "bare": lambda weights: weights,
    "bsn": lambda weights: prefixed("bsn.", weights),
    "data parallel": lambda weights: prefixed("module.", prefixed("bsn.", weights)),
    "released": lambda weights: {
        "epoch": 20,
        "model_weight": {"denoiser": prefixed("bsn.", weights)},
        "optimizer_weight": {"denoiser": {}},
    },
    "released, data parallel": lambda weights: {
        "model_weight": {"denoiser": prefixed("module.bsn.", weights)}
    },
}


@pytest.mark.slow
def test_it_denoises_as_the_released_code_with_refinement(oracle):
    """The other preset, and exactly, is a matter of the network's own tests."""
    reference = oracle("lgbpn.pt")
    method = LGBPN(preset="sidd", r3_seed=reference["R3_seed"]).eval()
    method.load_pretrained(reference["state_dict"])
    expected = reference["float64_SIDD"]["denoise"].float()

    with torch.no_grad():
        denoised = method.denoise(reference["input"] / 255)

    span = float(expected.max() - expected.min())
    torch.testing.assert_close(denoised * 255, expected, atol=1e-5 * span, rtol=0)


def test_the_loss_is_the_absolute_error_in_units_of_8_bit():
    method = narrow()
    (stage,) = method.stages()
    noisy = torch.rand(2, 3, 40, 40)

    loss = stage.train()(NoisyBatch(noisy, torch.zeros(2)))

    expected = 255 * (method.network(noisy) - noisy).abs().mean()
    torch.testing.assert_close(loss, expected)


def test_the_recipe_is_the_released_one():
    (stage,) = narrow().stages()
    recipe = stage.recipe

    assert (recipe.iterations, recipe.batch_size, recipe.crop) == (20 * 3068, 8, 120)
    rates = [
        recipe.learning_rate * recipe.schedule.factor((epoch + 0.5) / 20) for epoch in range(20)
    ]
    assert rates == pytest.approx([1e-4] * 8 + [1e-5] * 8 + [1e-6] * 4)


def test_training_lowers_the_loss_on_noise_without_correlation():
    method = narrow()
    (stage,) = method.stages()
    stage.train()
    optimizer = torch.optim.Adam(stage.parameters(), lr=1e-2)
    batch = NoisyBatch(0.5 + 0.05 * torch.randn(2, 3, 40, 40), torch.zeros(2))
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = stage(batch)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    assert losses[-1] < losses[0] / 2


@torch.no_grad()
def test_refinement_is_the_same_for_a_seed_and_changes_with_it():
    noisy = torch.rand(1, 3, 40, 45)
    first, again, other = (narrow(r3_seed=seed) for seed in (1, 1, 2))
    for method in (again, other):
        method.load_state_dict(first.state_dict())

    assert torch.equal(first.denoise(noisy), again.denoise(noisy))
    assert not torch.equal(first.denoise(noisy), other.denoise(noisy))


@torch.no_grad()
def test_refinement_can_be_left_out():
    method = narrow(r3=False)
    noisy = torch.rand(1, 3, 40, 45)

    assert torch.equal(method.denoise(noisy), method.network(noisy))


def test_tiles_change_nothing_where_there_is_no_attention():
    """Sizes divide by the strides: otherwise more or less is reflected at the far borders."""
    method = narrow(branches="local", r3=False)
    noisy = torch.rand(1, 3, 156, 180)

    tiled = denoise(method, noisy, tile=60)

    torch.testing.assert_close(tiled, denoise(method, noisy), atol=1e-6, rtol=0)


def test_tiles_change_attention_which_looks_at_the_whole_image():
    """Its weights are those of the tile; everything else is the same."""
    method = narrow(r3=False)
    noisy = torch.rand(1, 3, 240, 264)
    noisy[..., :120, :] *= 0.2
    whole = denoise(method, noisy)
    difference = (denoise(method, noisy, tile=120) - whole).abs().max()
    assert difference > 1e-4 * (whole.max() - whole.min())

    for module in method.modules():
        if isinstance(module, ChannelAttention):
            module._weights = lambda query, key: torch.eye(8).expand(len(query), 2, 8, 8)

    tiled = denoise(method, noisy, tile=120)
    torch.testing.assert_close(tiled, denoise(method, noisy), atol=1e-6, rtol=0)


@pytest.mark.parametrize("selector", SELECTORS)
def test_every_row_of_the_tables_trains_and_denoises(selector):
    registry = load_registry(LoadSettings())
    given = {name for name, _ in parse_selector(selector).arguments}
    narrowed = {name: value for name, value in NARROW.items() if name not in given}
    chosen = registry.choose("method", selector)
    method = registry.load(chosen)(**registry.arguments(chosen) | narrowed)
    noisy = torch.rand(1, 3, 40, 40)

    (stage,) = method.stages()
    stage.train()(NoisyBatch(noisy, torch.zeros(1))).backward()

    gradients = [parameter.grad for parameter in method.parameters()]
    assert all(gradient is not None for gradient in gradients)
    assert denoise(method, noisy).shape == noisy.shape


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_released_weights_load_in_every_wrapping(wrapping):
    trained, fresh = narrow(), narrow()

    fresh.load_pretrained(WRAPPINGS[wrapping](released(trained)))

    noisy = torch.rand(1, 3, 40, 40)
    assert torch.equal(fresh.denoise(noisy), trained.denoise(noisy))


def test_weights_of_another_network_are_refused():
    with pytest.raises(DataError, match=r"^these are the weights of another network: [^\n]*$"):
        narrow().load_pretrained(released(narrow(blocks=2)))


def test_weights_of_another_width_are_refused():
    with pytest.raises(DataError, match=r"^these are the weights of another network: [^\n]*$"):
        narrow().load_pretrained(released(narrow(width=6)))


def test_weights_of_another_mask_are_refused():
    with pytest.raises(DataError, match=r"trained with another mask: branch2\.Maskconv\.mask "):
        narrow().load_pretrained(released(narrow(global_dilation=1)))


def test_released_weights_do_not_go_with_a_measured_mask():
    with pytest.raises(DataError, match="leave out mask=measured"):
        narrow(mask="measured").load_pretrained(released(narrow()))


def test_a_measured_mask_hides_where_noise_correlates():
    method = narrow(mask="measured")

    method.prepare(photographs(blurred=True))

    mask = method.network.branch1.Maskconv.mask
    assert not mask[3:6, 3:6].any()
    assert mask[0].all()
    assert mask[8].all()


def test_a_measured_mask_of_white_noise_hides_the_pixel_alone():
    method = narrow(mask="measured")

    method.prepare(photographs(blurred=False))

    assert method.network.branch1.Maskconv.mask.sum() == 80
    assert method.network.branch2.Maskconv.mask.sum() == 11**2 - 1


def test_the_paper_s_mask_does_not_look_at_the_images():
    method = narrow()

    method.prepare(photographs(blurred=False))

    assert method.network.branch1.Maskconv.mask.sum() == 40


def test_a_measured_mask_is_saved_with_the_weights():
    measured, restored = narrow(mask="measured"), narrow(mask="measured")
    measured.prepare(photographs(blurred=True))

    restored.load_state_dict(measured.state_dict())

    noisy = torch.rand(1, 3, 40, 40)
    assert torch.equal(restored.denoise(noisy), measured.denoise(noisy))


def test_a_width_that_heads_do_not_divide_is_refused():
    with pytest.raises(
        ParameterError, match=r"a width of 5 does not divide among 2 heads: .* such as 6"
    ):
        narrow(width=5)


@pytest.mark.parametrize("share", ["r3_probability", "mask_threshold"])
def test_a_share_above_one_is_refused(share):
    with pytest.raises(ParameterError, match=rf"'{share}' must be at most 1, not 1\.5"):
        load_registry(LoadSettings()).choose("method", f"lgbpn[{share}=1.5]")


def test_the_local_branch_is_registered_as_a_blind_network():
    registry = load_registry(LoadSettings())
    choice = registry.choose_network("lgbpn-local[channels=1,width=4,blocks=1]", role="blind")
    noisy = torch.rand(1, 1, 40, 40)

    network = registry.build(choice)

    assert network(noisy).shape == noisy.shape


def test_a_blind_network_takes_the_place_of_the_local_branch():
    load_registry(LoadSettings())
    swapped = narrow(local_network="apbsn[width=8,blocks=1]")
    assert swapped.network.branch1 is None
    assert any(name.startswith("foreign.") for name in swapped.network.state_dict())
    noisy = torch.rand(1, 3, 61, 64)
    assert swapped.denoise(noisy).shape == noisy.shape
    assert swapped.receptive_radius is not None


def test_the_mean_of_the_branches_needs_no_layer_that_joins_them():
    joined, mean = narrow(), narrow(fusion="mean")
    assert len(mean.network.tail) == len(joined.network.tail) - 2
    noisy = torch.rand(1, 3, 60, 60)
    assert mean.denoise(noisy).shape == noisy.shape


def test_branches_of_different_width_have_no_mean():
    load_registry(LoadSettings())
    with pytest.raises(ParameterError, match=r"^lgbpn: fusion=mean needs branches of one width"):
        narrow(fusion="mean", local_network="apbsn[width=8,blocks=1]")
