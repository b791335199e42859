from dataclasses import replace

import pytest
import torch
from torch import nn

import harness
from harness import DataError
from harness_lgbpn.convolution import PatchMaskedConv2d
from harness_lgbpn.network import GLOBAL, LOCAL, LocalGlobalNetwork, local_network
from harness_nets.layers import UNITS
from harness_nets.released import released_weights
from harness_nets.restormer import ChannelAttention


def narrow(**options):
    options = {"width": 8, "head_width": 8, "blocks": 1, "transformer_blocks": 1} | options
    return awake(LocalGlobalNetwork(**options).double())


@torch.no_grad()
def awake(network):
    """Let every ReLU pass, so that gradients show all that is seen: a narrow one may be all off."""
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d) and module.kernel_size == (1, 1):
            module.weight.abs_()
        if isinstance(module, PatchMaskedConv2d) or module is network.tail[0]:
            module.bias.fill_(4 * UNITS)
    return network


def detach_attention(network):
    """Take the attention's weights for constants, so that gradients show the pixels mixed."""
    for module in network.modules():
        if isinstance(module, ChannelAttention):
            module._weights = detached(module._weights)


def detached(weights):
    return lambda query, key: weights(query, key).detach()


def distances(influence):
    """Rows plus columns from the pixel in the middle."""
    height, width = influence.shape
    rows = (torch.arange(height) - height // 2).abs()
    columns = (torch.arange(width) - width // 2).abs()
    return rows[:, None] + columns


def load_reference(network, state_dict):
    weights = released_weights(state_dict)
    for name, own in network.named_buffers():
        assert torch.equal(weights[name].to(own.dtype), own.expand_as(weights[name]))
        weights[name] = own
    network.load_state_dict({key: v for key, v in weights.items() if "test_conv" not in key})
    return network


@pytest.mark.parametrize("mode", ["train", "eval", "refine"])
def test_it_computes_what_the_released_network_computes(mode, oracle):
    reference = oracle("lgbpn.pt")
    network = load_reference(LocalGlobalNetwork(preset="sidd").double(), reference["state_dict"])
    expected = reference["float64_SIDD"][mode]
    network.train(mode == "train")

    with torch.no_grad():
        denoised = network(reference["input"].double() / UNITS, refine=mode == "refine")

    torch.testing.assert_close(denoised * UNITS, expected, atol=1e-9, rtol=0)


@pytest.mark.parametrize("mode", ["train_mode", "eval", "refine"])
def test_in_single_precision_the_other_preset_is_that_of_the_released_network(mode, oracle):
    """Within 1e-5 of the output's range, to which the released test rounds its positions."""
    reference = oracle("lgbpn.pt")
    network = load_reference(LocalGlobalNetwork(preset="dnd"), reference["state_dict"])
    expected = reference["DND"][f"output_{mode}"]
    network.train(mode == "train_mode")

    with torch.no_grad():
        denoised = network(reference["input"] / UNITS, refine=mode == "refine")

    span = float(expected.max() - expected.min())
    torch.testing.assert_close(denoised * UNITS, expected, atol=1e-5 * span, rtol=0)


def test_it_has_as_many_parameters_as_the_released_network():
    network = LocalGlobalNetwork()

    def count(module):
        return sum(weight.numel() for weight in module.parameters())

    assert count(network) == 4_558_879
    assert count(network.head) == 96
    assert count(network.branch1.Maskconv) == 248_832 + 128
    assert count(network.branch1.body) == 1_526_400
    assert count(network.branch2.Maskconv) == 1_354_752 + 128
    assert count(network.branch2.body) == 1_383_036
    assert count(network.tail) == 45_507


def test_the_local_branch_is_blind_to_the_patch_in_training(influence):
    network = awake(local_network(channels=3, width=8, blocks=1).double())

    seen = influence(network, (1, 3, 60, 60))

    assert not seen[distances(seen) <= 4].any()
    window = seen[26:35, 26:35]
    assert (window[distances(window) > 4] > 0).all()


@pytest.mark.parametrize("place", [60, 4])
def test_at_full_depth_blocks_of_the_mosaic_do_not_tell_one_another_the_patch(place, influence):
    """In crops as those of the training; 4 lies at the border of a block."""
    network = awake(local_network(channels=3, width=8, blocks=9).double())
    shift = 60 - place

    seen = influence(lambda noisy: network(noisy).roll((shift, shift), (2, 3)), (1, 3, 120, 120))
    seen = seen.roll((shift, shift), (0, 1))

    assert not seen[distances(seen) <= 4].any()
    assert seen.any()


def test_within_four_pixels_of_the_border_reflection_shows_the_patch(influence):
    """What the kernel reads beyond the border are pixels of the patch; so in the released code."""
    network = awake(local_network(channels=3, width=8, blocks=1).double())

    seen = influence(lambda noisy: network(noisy).roll(58, 2), (1, 3, 120, 120)).roll(58, 0)

    assert seen[60, 60] == 0
    assert seen[60, 61] > 0


@pytest.mark.parametrize(("place", "shown"), [(2, False), (3, True), (5, True), (6, False)])
def test_near_the_border_reflection_shows_the_global_branch_the_pixel_itself(
    place, shown, influence
):
    """Of the tap twice as far away as the border; the mask keeps it from six pixels on."""
    network = narrow(local=None)
    detach_attention(network)
    shift = 60 - place

    seen = influence(lambda noisy: network(noisy).roll(shift, 2), (1, 3, 120, 120)).roll(shift, 0)

    assert bool(seen[60, 60] > 0) == shown


def test_the_global_branch_is_blind_to_the_patch_but_for_its_attention(influence):
    network = narrow(local=None, width=8, transformer_blocks=2)
    detach_attention(network)

    seen = influence(network, (1, 3, 120, 120))

    assert not seen[distances(seen) <= 4].any()
    assert seen.any()


def test_what_attention_tells_of_the_patch_is_small(influence):
    """The leak: attention's weights are statistics of all pixels, the hidden ones included."""
    network = narrow(local=None, width=8, transformer_blocks=2)

    seen = influence(network, (1, 3, 120, 120))
    leak = seen[distances(seen) <= 4].max() / seen.max()

    assert 0 < leak < 1e-3


def test_a_deep_global_branch_on_a_small_crop_sees_the_patch_in_other_blocks(influence):
    """Transformer blocks reach 39 pixels; those of a mosaic have 12 here, 24 in the training."""
    network = narrow(local=None, width=8, transformer_blocks=6)
    detach_attention(network)

    def leak(size):
        seen = influence(network, (1, 3, size, size))
        return seen[distances(seen) <= 4].max() / seen.max()

    assert leak(60) > 1e-3
    assert leak(120) < 1e-6


@pytest.mark.slow
def test_at_full_size_the_leak_is_a_few_millionths(influence, oracle):
    network = load_reference(LocalGlobalNetwork().double(), oracle("lgbpn.pt")["state_dict"])

    seen = influence(network, (1, 3, 120, 120))
    leak = seen[distances(seen) <= 4].max() / seen.max()

    assert 1e-8 < leak < 3e-6


@pytest.mark.parametrize("preset", ["sidd", "dnd"])
@pytest.mark.parametrize("refine", [False, True])
def test_the_test_is_blind_to_the_pixel_but_sees_its_neighbours(preset, refine, influence):
    network = narrow(preset=preset).eval()
    detach_attention(network)

    seen = influence(lambda noisy: network(noisy, refine=refine), (1, 3, 96, 96))

    assert seen[48, 48] <= 1e-12 * seen.max()
    assert (seen[distances(seen) == 2] > 1e-6 * seen.max()).any()


@pytest.mark.parametrize("refine", [False, True])
@pytest.mark.parametrize("branch", ["local", "global_"])
@pytest.mark.parametrize("body", ["conv", "transformer"])
@pytest.mark.parametrize("dense", [True, False])
def test_it_reaches_no_further_than_it_says(
    dense, body, branch, refine, influence, receptive_radius_of
):
    designs = {"local": None, "global_": None}
    designs[branch] = replace(LOCAL if branch == "local" else GLOBAL, body=body, dense=dense)
    network = narrow(**designs).eval()
    detach_attention(network)

    seen = influence(lambda noisy: network(noisy, refine=refine), (1, 3, 160, 160))

    assert receptive_radius_of(seen) <= network.radius_of_pass(refine)
    assert receptive_radius_of(seen) > network.radius_of_pass(refine) // 2


@pytest.mark.parametrize("branch", ["local", "global_"])
def test_without_the_dense_kernel_a_branch_is_blind_on_its_subimage(branch, influence):
    designs = {"local": None, "global_": None}
    designs[branch] = replace(LOCAL if branch == "local" else GLOBAL, dense=False)
    network = narrow(**designs)
    detach_attention(network)

    seen = influence(network, (1, 3, 120, 120))

    assert seen[60, 60] <= 1e-12 * seen.max()
    assert (seen > 0).any()


def test_without_kernel_shift_the_taps_stay_where_they_are_in_training():
    network = narrow().eval()
    plain = narrow(kernel_shift=False).eval()
    plain.load_state_dict(network.state_dict())
    noisy = torch.rand(1, 3, 40, 40, dtype=torch.float64)
    shifted = network(noisy)

    for branch in network.branches:
        branch.passes = replace(branch.passes, test=replace(branch.passes.test, shrink=1))

    torch.testing.assert_close(plain(noisy), network(noisy))
    assert not torch.allclose(plain(noisy), shifted)


@pytest.mark.parametrize("size", [(33, 61), (7, 40), (1, 1)])
def test_images_of_any_size_are_trained_on(size):
    network = narrow().train()
    noisy = torch.rand(2, 3, *size, dtype=torch.float64)

    denoised = network(noisy)

    assert denoised.shape == noisy.shape
    assert denoised.isfinite().all()


def test_in_training_an_image_does_not_depend_on_those_beside_it():
    network = narrow().train()
    noisy = torch.rand(2, 3, 40, 45, dtype=torch.float64)

    torch.testing.assert_close(network(noisy)[1:], network(noisy[1:]))


def test_turning_the_axes_turns_the_size_rules_too():
    """The released code measures both axes by the height."""
    network = narrow(global_=None).eval()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.weight.copy_((module.weight + module.weight.transpose(2, 3)) / 2)
    noisy = torch.rand(1, 3, 37, 64, dtype=torch.float64)

    torch.testing.assert_close(network(noisy.mT), network(noisy).mT)


def test_offsets_can_be_hidden_instead_of_the_patch(influence):
    network = narrow(global_=None)
    offsets = torch.zeros(21, 21, dtype=torch.bool)
    offsets[10, 8:13] = True

    network.hide(offsets)
    seen = influence(network, (1, 3, 60, 60))[26:35, 26:35] > 0

    assert not seen[4, 2:7].any()
    assert seen.sum() == 81 - 5


def test_hiding_all_taps_is_refused():
    with pytest.raises(DataError, match=r"all of the 9x9 kernel.*raise mask_threshold"):
        narrow().hide(torch.ones(21, 21, dtype=torch.bool))


@torch.no_grad()
def test_with_orthogonal_weights_more_of_the_colours_reaches_the_output(equally_bright):
    colours = equally_bright(8, 32)

    def contrast(init):
        torch.manual_seed(0)
        networks = [
            LocalGlobalNetwork(3, 16, 8, blocks=2, transformer_blocks=1, init=init).eval()
            for _ in range(5)
        ]
        for network in networks:
            network.tail[-1] = nn.Identity()  # what reaches the last layer; it scales and shifts
        features = [network(colours)[..., 16, 16] for network in networks]
        return sum(float(each.std(0).mean()) for each in features)

    assert contrast("orthogonal") > 5 * contrast("default")


def test_with_orthogonal_weights_a_masked_kernel_answers_as_strongly_as_a_whole_one():
    """The 21x21 kernel has 108 of 441 taps; drawn as for all, it would answer at half strength."""
    torch.manual_seed(0)
    network = LocalGlobalNetwork(3, 16, 16, blocks=1, transformer_blocks=1, init="orthogonal")

    for branch in network.branches:
        kernel = branch.Maskconv.weight.detach()
        assert torch.equal(kernel != 0, (branch.Maskconv.mask != 0).expand_as(kernel))
        assert kernel.square().sum((1, 2, 3)).mean() == pytest.approx(2, rel=0.15)


def test_kernels_with_another_mask_are_drawn_as_all_weights_are():
    """Kaiming's bias is zero, and PyTorch's never is."""
    network = LocalGlobalNetwork(3, 16, 16, blocks=1, transformer_blocks=1, init="orthogonal")
    offsets = torch.zeros(21, 21, dtype=torch.bool)
    offsets[10, 9:12] = True
    network.hide(offsets)
    for branch in network.branches:
        assert not branch.Maskconv.bias.any()
        assert not branch.Maskconv.weight[..., branch.Maskconv.mask == 0].any()


@torch.no_grad()
def test_with_orthogonal_weights_the_first_output_is_nearly_black_with_every_seed():
    """From one far beyond white, some seeds never found back."""
    noisy = torch.rand(1, 3, 40, 40)
    for seed in range(8):
        torch.manual_seed(seed)
        network = LocalGlobalNetwork(3, 16, 8, blocks=2, transformer_blocks=1, init="orthogonal")
        assert network.train()(noisy).abs().max() < 0.5


def test_a_method_that_uses_the_local_branch_alone_is_not_tiled():
    """Its sub-images begin at multiples of three pixels, which tiles need not."""
    network = local_network(width=8, blocks=1)
    assert harness.receptive_radius_of(network) is None
    assert harness.size_multiple_of(network) == 1
