import pytest
import torch

from harness import DataError, NoisyBatch, ParameterError
from harness.evaluation.inference import denoise
from harness.plugin.registry import LoadSettings, load_registry
from harness_apbsn.hooks import harness_register_methods, harness_register_suites
from harness_apbsn.method import APBSN


def narrow(**parameters):
    return APBSN(
        **{"width": 8, "blocks": 1, "train_stride": 5, "crop": 40, "iterations": 40} | parameters
    )


def released(method):
    """The weights of a method as the released code stores them, with the masks as buffers."""
    weights = {f"bsn.{name}": value for name, value in method.network.state_dict().items()}
    for branch, size in (("branch1", 3), ("branch2", 5)):
        mask = torch.ones_like(weights[f"bsn.{branch}.body.0.weight"])
        mask[:, :, size // 2, size // 2] = 0
        weights[f"bsn.{branch}.body.0.mask"] = mask
    return weights


def assert_close(denoised, reference):
    """Within 1e-5 of the reference's range; the reference is in intensities of 0..255."""
    tolerance = 1e-5 * float(reference.max() - reference.min())
    torch.testing.assert_close(255 * denoised, reference, atol=tolerance, rtol=0)


@pytest.fixture
def reference(oracle):
    return oracle("apbsn.pt")


@pytest.fixture
def published(reference):
    method = APBSN(r3_seed=reference["R3_seed"])
    method.load_pretrained(reference["state_dict"])
    return method.eval()


@torch.no_grad()
def test_training_computes_what_the_released_code_computes(published, reference):
    (stage,) = published.train().stages()

    estimate = stage.network(reference["input"] / 255)

    assert_close(estimate, reference["output_train_mode"])
    assert_close(estimate, reference["out_60"]["train_pd5"])


@torch.no_grad()
@pytest.mark.parametrize("size", [60, 64])
def test_the_first_estimate_is_that_of_the_released_code(published, reference, size):
    noisy = reference["input" if size == 60 else "input_64"] / 255

    published.r3 = False

    assert_close(published.denoise(noisy), reference[f"out_{size}"]["eval_pd2"])


@torch.no_grad()
@pytest.mark.parametrize("size", [60, 64])
def test_the_bare_network_computes_what_the_released_one_computes(published, reference, size):
    noisy = reference["input" if size == 60 else "input_64"] / 255

    assert_close(published.network(noisy), reference[f"out_{size}"]["bsn_only"])


@torch.no_grad()
@pytest.mark.parametrize("layout", ["mosaic", "batch"])
@pytest.mark.parametrize("size", [60, 64])
def test_a_stride_of_one_is_that_of_the_released_code(published, reference, size, layout):
    noisy = reference["input" if size == 60 else "input_64"] / 255
    published.layout = layout

    assert_close(published.subsampled(1)(noisy), reference[f"out_{size}"]["pd1"])


@torch.no_grad()
@pytest.mark.parametrize("size", [60, 64])
def test_the_refined_image_is_that_of_the_released_code_with_its_seed(published, reference, size):
    noisy = reference["input" if size == 60 else "input_64"] / 255

    assert_close(published.denoise(noisy), reference[f"out_{size}"]["denoise_R3"])


@pytest.mark.parametrize("layout", ["mosaic", "batch"])
@pytest.mark.parametrize(("down", "right"), [(0, 0), (1, 0), (2, 3), (4, 4)])
def test_in_training_it_is_blind_at_the_pixel_in_every_sub_image(layout, down, right, influence):
    stage = narrow(layout=layout).double().train().stages()[0]

    seen = influence(
        lambda noisy: stage.network(noisy).roll((-down, -right), (2, 3)), (1, 3, 60, 60)
    )

    assert seen[30 + down, 30 + right] == 0
    assert seen.count_nonzero() > 0


@pytest.mark.parametrize("layout", ["mosaic", "batch"])
@pytest.mark.parametrize(("down", "right"), [(0, 0), (1, 0), (2, 3), (4, 4)])
def test_in_training_it_sees_only_pixels_of_its_own_sub_image(layout, down, right, influence):
    stage = narrow(layout=layout).double().train().stages()[0]

    # in sub-images of 14 pixels, the middle is further from the seams than the network's radius, 5
    seen = influence(
        lambda noisy: stage.network(noisy).roll((-down, -right), (2, 3)), (1, 3, 70, 70)
    )

    own = seen[down::5, right::5]
    assert own.count_nonzero() == seen.count_nonzero()
    assert own[6:9, 6:9].count_nonzero() == 8  # all neighbours at the stride, not the centre


@pytest.mark.parametrize(("layout", "crosses"), [("mosaic", True), ("batch", False)])
def test_near_a_seam_the_mosaic_shows_the_next_sub_image_and_the_batch_does_not(
    layout, crosses, influence
):
    network = narrow(layout=layout, blocks=2).double().subsampled(3)

    seen = influence(network, (1, 3, 24, 24))  # sub-images of 8 pixels, a receptive radius of 8

    others = seen.count_nonzero() - seen[0::3, 0::3].count_nonzero()
    assert bool(others) == crosses
    assert seen[12, 12] == 0


@pytest.mark.parametrize("r3", [False, True])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_its_receptive_radius_is_what_the_gradient_shows(
    stride, r3, influence, receptive_radius_of
):
    method = narrow(channels=1, test_stride=stride, r3=r3, layout="batch").double()
    size = 2 * stride * -(-(method.receptive_radius + 3) // stride)

    seen = influence(method.denoise, (1, 1, size, size))

    assert method.receptive_radius == method.network.receptive_radius * (stride + r3)
    assert receptive_radius_of(seen) == method.receptive_radius


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (61, 33)])
def test_without_refinement_it_denoises_images_of_any_size(size):
    noisy = torch.rand(2, 3, *size)

    assert denoise(narrow(r3=False), noisy).shape == noisy.shape


def test_tiles_give_what_the_whole_image_gives():
    method = narrow(r3=False, layout="batch")
    noisy = torch.rand(1, 3, 75, 90)

    torch.testing.assert_close(
        denoise(method, noisy, tile=32), denoise(method, noisy), atol=1e-6, rtol=1e-5
    )


def test_tiles_of_the_mosaic_layout_differ_only_next_to_the_image_border():
    method = narrow(r3=False)
    noisy = torch.rand(1, 3, 75, 90)

    tiled, whole = denoise(method, noisy, tile=32), denoise(method, noisy)

    inner = (
        ...,
        slice(method.receptive_radius, -method.receptive_radius),
        slice(method.receptive_radius, -method.receptive_radius),
    )
    torch.testing.assert_close(tiled[inner], whole[inner], atol=1e-6, rtol=1e-5)
    assert (tiled - whole).abs().max() > 1e-6


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_tiles_differ_in_refinement_by_nothing_but_their_masks(probability):
    method = narrow(r3_probability=probability, r3_times=1, layout="batch")
    noisy = torch.rand(1, 3, 75, 90)

    torch.testing.assert_close(
        denoise(method, noisy, tile=48), denoise(method, noisy), atol=1e-6, rtol=1e-5
    )


@torch.no_grad()
def test_refinement_off_gives_the_first_estimate():
    noisy = torch.rand(1, 3, 12, 12)
    method = narrow(r3=False)

    assert torch.equal(method.denoise(noisy), method.subsampled(2)(noisy))


@torch.no_grad()
def test_refinement_of_a_share_of_zero_runs_the_bare_network_on_the_first_estimate():
    noisy = torch.rand(1, 3, 12, 12)
    method = narrow(r3_probability=0.0)

    estimate = torch.nn.functional.pad(method.subsampled(2)(noisy), [2] * 4, mode="reflect")
    torch.testing.assert_close(
        method.denoise(noisy), method.network(estimate)[..., 2:-2, 2:-2], atol=1e-6, rtol=1e-5
    )


@torch.no_grad()
def test_a_seed_gives_the_same_image_again_and_another_seed_another():
    noisy = torch.rand(1, 3, 12, 12)
    method = narrow(r3_seed=1)
    before = torch.get_rng_state()

    first, again = method.denoise(noisy), method.denoise(noisy)
    method.r3_seed = 2

    assert torch.equal(first, again)
    assert not torch.equal(first, method.denoise(noisy))
    assert torch.equal(torch.get_rng_state(), before)


@torch.no_grad()
@pytest.mark.parametrize("layout", ["mosaic", "batch"])
def test_an_image_is_denoised_alike_alone_and_in_a_batch(layout):
    method = narrow(layout=layout)
    noisy = torch.rand(3, 3, 12, 16)

    alone = torch.cat([method.denoise(image[None]) for image in noisy])

    torch.testing.assert_close(method.denoise(noisy), alone, atol=1e-6, rtol=1e-5)


def test_training_lowers_the_loss_and_the_error_on_noisy_images_alone():
    rows = torch.linspace(0, 2, 40)
    clean = 0.5 + 0.3 * torch.sin(rows[:, None] + 2 * rows[None, :])
    noisy = clean + 0.1 * torch.randn(4, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    method = narrow(train_stride=2, r3=False)
    (stage,) = method.stages()
    optimizer = torch.optim.Adam(stage.parameters(), lr=5e-3)

    losses = []
    for _ in range(150):
        loss = stage(NoisyBatch(noisy=noisy, image=torch.zeros(4, dtype=torch.long)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))

    assert stage.view == "noisy"
    assert sum(losses[-5:]) < sum(losses[:5])
    with torch.no_grad():
        error = (method.denoise(noisy) - clean).square().mean()
    assert error < (noisy - clean).square().mean()


def test_the_loss_is_the_mean_absolute_error_in_intensities_of_0_to_255():
    (stage,) = narrow().stages()
    noisy = torch.rand(2, 3, 40, 40)

    loss = stage(NoisyBatch(noisy=noisy, image=torch.zeros(2, dtype=torch.long)))

    torch.testing.assert_close(loss, (255 * stage.network(noisy) - 255 * noisy).abs().mean())


def test_training_runs_in_half_precision():
    (stage,) = narrow().stages()

    with torch.autocast("cpu", torch.bfloat16):
        loss = stage(
            NoisyBatch(noisy=torch.rand(1, 3, 40, 40), image=torch.zeros(1, dtype=torch.long))
        )

    assert loss.dtype == torch.float32
    assert loss.isfinite()


def test_the_default_recipe_is_the_released_one():
    (stage,) = APBSN().stages()
    recipe = stage.recipe

    assert (recipe.iterations, recipe.batch_size, recipe.crop) == (20 * 3068, 8, 120)
    assert (recipe.optimizer, recipe.learning_rate, recipe.betas) == ("adam", 1e-4, (0.9, 0.999))
    assert [recipe.schedule.factor(epoch / 20) for epoch in (0, 7, 8, 15, 16, 19)] == (
        pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])
    )
    assert recipe.clip_norm is None
    assert (recipe.flip, recipe.rotate, recipe.ema) == (True, True, None)


WRAPPINGS = {
    "as released": lambda weights: {
        "epoch": 20,
        "model_weight": {"denoiser": weights},
        "optimizer_weight": {"denoiser": {"state": {}}},
    },
    "bare": lambda weights: weights,
    "of data parallelism": lambda weights: {
        f"module.{name}": value for name, value in weights.items()
    },
    "of the network alone": lambda weights: {
        name.removeprefix("bsn."): value for name, value in weights.items()
    },
    "without masks": lambda weights: {
        name: value for name, value in weights.items() if not name.endswith("mask")
    },
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_released_weights_load_in_every_wrapping(wrapping):
    author, user = narrow(), narrow()
    noisy = torch.rand(1, 3, 12, 12)

    user.load_pretrained(WRAPPINGS[wrapping](released(author)))

    assert torch.equal(user.denoise(noisy), author.denoise(noisy))


def test_weights_left_under_the_masks_have_no_influence():
    author, user = narrow(), narrow()
    weights = {name: value.clone() for name, value in released(author).items()}
    weights["bsn.branch1.body.0.weight"][:, :, 1, 1] = 1000
    noisy = torch.rand(1, 3, 12, 12)

    user.load_pretrained(weights)

    assert torch.equal(user.denoise(noisy), author.denoise(noisy))


def test_weights_of_another_network_are_refused():
    weights = released(narrow())
    del weights["bsn.tail.6.bias"]
    weights["bsn.extra"] = torch.zeros(1)

    with pytest.raises(DataError) as caught:
        narrow().load_pretrained({"model_weight": {"denoiser": weights}})

    assert str(caught.value) == (
        "these are the weights of another network: it lacks tail.6.bias; it also has extra"
    )


def test_weights_of_another_width_are_refused():
    with pytest.raises(DataError, match=r"of another shape are head\.0\.weight, .* more"):
        narrow().load_pretrained(released(narrow(width=16)))


@pytest.mark.parametrize("mask", [torch.ones(8, 8, 3, 3), torch.zeros(8, 8, 5, 5)])
def test_masks_that_hide_other_weights_are_refused(mask):
    weights = released(narrow()) | {"bsn.branch1.body.0.mask": mask}

    with pytest.raises(DataError) as caught:
        narrow().load_pretrained(weights)

    assert str(caught.value) == (
        "these are the weights of another network: branch1.body.0.mask hides other weights than "
        "the centre's"
    )


def test_a_crop_that_is_no_multiple_of_the_training_stride_is_refused():
    with pytest.raises(ParameterError, match=r"crop=64 .* train_stride=5: .* such as 65"):
        narrow(crop=64)


def test_a_share_above_one_is_refused():
    with pytest.raises(ParameterError, match=r"'r3_probability' must be at most 1, not 1\.5"):
        load_registry(LoadSettings()).choose("method", "apbsn[r3_probability=1.5]")


def test_the_quick_configuration_keeps_asymmetric_strides_both_branches_and_refinement():
    method = APBSN(**harness_register_methods().quick)

    assert method.train_stride > method.test_stride > 1
    assert method.network.branch1.receptive_radius > 1
    assert method.network.branch2.receptive_radius > 2
    assert method.r3
    assert method.layout == "mosaic"


def test_the_suite_names_its_published_values_as_records_name_their_methods():
    suite = harness_register_suites()
    registry = load_registry(LoadSettings())

    labels = [registry.choose("method", selector).label for selector in suite.methods]

    assert labels == list(suite.methods) == list(suite.published)


def test_its_network_can_be_asked_for_by_name_as_a_blind_one():
    registry = load_registry(LoadSettings())
    choice = registry.choose("network", "apbsn[width=4,blocks=1,channels=1]")

    network = registry.build(choice)

    assert registry.find("network", "apbsn").spec.roles == ("blind", "denoiser")
    assert network(torch.rand(1, 1, 9, 9)).shape == (1, 1, 9, 9)


@pytest.mark.parametrize(("layout", "leaks"), [("mosaic", True), ("batch", False)])
def test_at_paper_size_the_mosaic_shows_a_trace_of_the_next_pixel_and_the_batch_none(
    layout, leaks, influence
):
    """A block is 28 pixels of a crop of 120, and the network reaches 29."""
    method = APBSN(width=16, layout=layout).double()

    seen = influence(method.subsampled(5), (1, 3, 120, 120))

    neighbours = seen[59:62, 59:62]
    assert neighbours[1, 1] == 0
    assert bool(neighbours.count_nonzero()) == leaks
    assert neighbours.max() < 1e-6 * seen.max()
