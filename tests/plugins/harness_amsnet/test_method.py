import pytest
import torch
from torch import nn
from torch.nn import functional as F

from harness import NoisyBatch, ParameterError
from harness.evaluation.inference import denoise
from harness.metrics.psnr import psnr
from harness.metrics.ssim import ssim
from harness_amsnet.hooks import harness_register_methods
from harness_amsnet.masks import denoise_by_masks
from harness_amsnet.method import AMSNet

NARROW = "dncnn[width=4,layers=3]"
SMALL_RESTORMER = "restormer[width=16,blocks=[1,2,1,1],refinement=1]"
VARIANTS = ("b", "p", "b-e", "p-e")


def narrow(**parameters):
    return AMSNet(**{"denoiser": NARROW, "train_stride": 5, "crop": 40} | parameters).eval()


@pytest.fixture
def reference(oracle):
    return oracle("amsnet.pt")


def published(reference, **parameters):
    method = AMSNet(denoiser=SMALL_RESTORMER, **parameters)
    method.load_pretrained(reference["restormer"]["state_dict"])
    return method.eval()


@torch.no_grad()
def test_a_pass_by_masks_is_that_of_the_released_code(reference):
    case = reference["mask_forward"]
    method = published(reference)

    denoised = denoise_by_masks(method.denoiser, case["input"], case["mask_index"], 2)

    torch.testing.assert_close(denoised, case["output"], atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("variant", ["b", "p"])
def test_the_estimate_is_that_of_the_released_code_with_its_seed(reference, variant):
    case = reference["infer_B"]
    method = published(reference, variant=variant, mask_seed=case["seed"])

    torch.testing.assert_close(method.denoise(case["input"]), case["output"], atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("variant", ["b-e", "p-e"])
def test_the_refined_image_is_that_of_the_released_code_with_its_seed(reference, variant):
    case = reference["infer_E"]
    method = published(reference, variant=variant, mask_seed=case["seed"])

    torch.testing.assert_close(method.denoise(case["input"]), case["output"], atol=1e-5, rtol=0)
    method.refined = False
    torch.testing.assert_close(
        method.denoise(case["input"]), case["output_before_r3"], atol=1e-5, rtol=0
    )


def test_the_metrics_of_the_released_code_are_ours_by_the_convention_of_wang(reference):
    case = reference["metrics"]
    first, second = ((255 * case[name]).round() / 255 for name in ("a", "b"))

    assert float(psnr(first, second)[0]) == pytest.approx(case["psnr"], abs=1e-5)
    assert float(ssim(first, second, protocol="wang")[0]) == pytest.approx(case["ssim"], abs=1e-5)


class Recorder(nn.Module):
    """Outputs what it is given, and keeps it."""

    def __init__(self):
        super().__init__()
        self.batches = []

    def forward(self, images):
        self.batches.append(images.clone())
        return images


@torch.no_grad()
def test_an_image_costs_a_pass_for_each_mask_and_each_time():
    method = narrow(masks=3, r3_times=4)
    method.denoiser = Recorder()

    method.denoise(torch.rand(1, 3, 8, 8))

    shapes = [tuple(batch.shape) for batch in method.denoiser.batches]
    assert shapes == 3 * [(4, 3, 4, 4)] + 3 * 4 * [(1, 3, 8, 8)]


@torch.no_grad()
def test_refinement_hides_zeros_in_mixtures_of_noisy_image_and_estimate():
    method = narrow(r3_times=2, r3_probability=0.3)
    method.denoiser = Recorder()
    noisy = torch.rand(1, 3, 64, 64) + 1

    method.denoise(noisy)  # what is hidden comes out as zero: the estimate is zero throughout

    for first, second in (method.denoiser.batches[2:4], method.denoiser.batches[4:6]):
        mixture = first + second
        assert float((mixture == noisy).float().mean()) == pytest.approx(0.3, abs=0.03)
        assert torch.equal(mixture, noisy * (mixture == noisy).all(1, keepdim=True))
        assert float((first == noisy).float().mean()) == pytest.approx(0.15, abs=0.03)


@torch.no_grad()
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("images", [3, 8])
def test_an_image_is_denoised_alike_alone_and_in_a_batch(variant, images):
    """Also in a batch of as many images as there are passes, which the released code averages."""
    method = narrow(variant=variant)
    noisy = torch.rand(images, 3, 12, 16)

    alone = torch.cat([method.denoise(image[None]) for image in noisy])

    torch.testing.assert_close(method.denoise(noisy), alone, atol=1e-6, rtol=1e-5)
    assert not torch.allclose(alone[0], alone[1], atol=1e-3)


@torch.no_grad()
def test_a_seed_gives_the_same_image_again_and_another_seed_another():
    noisy = torch.rand(1, 3, 12, 12)
    method = narrow(mask_seed=1)
    before = torch.get_rng_state()

    first, again = method.denoise(noisy), method.denoise(noisy)
    method.mask_seed = 2

    assert torch.equal(first, again)
    assert not torch.equal(first, method.denoise(noisy))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("size", [(1, 1), (61, 33)])
@pytest.mark.parametrize("denoiser", [NARROW, "restormer[width=8,blocks=[0,0,0,1],refinement=0]"])
def test_it_denoises_images_of_any_size_by_other_denoisers(denoiser, size):
    method = AMSNet(denoiser=denoiser, r3_times=1)
    noisy = torch.rand(2, 3, *size)

    assert denoise(method, noisy).shape == noisy.shape


@pytest.mark.parametrize(
    ("denoiser", "multiple"),
    [
        ("restormer[width=8]", 16),
        ("nafnet-baseline[width=4]", 2),
        ("deamnet", 32),
        ("unet[width=4]", 64),
        (NARROW, 2),
    ],
)
def test_sides_are_multiples_of_what_estimate_and_refinement_need(denoiser, multiple):
    assert AMSNet(denoiser=denoiser).size_multiple == multiple


@pytest.mark.parametrize("variant", ["b", "b-e"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_its_reach_is_what_the_gradient_shows(variant, stride, influence, receptive_radius_of):
    method = narrow(
        denoiser="dncnn[width=12,layers=3]",
        channels=1,
        test_stride=stride,
        variant=variant,
        r3_times=3,
        masks=6,
    ).double()
    size = 2 * stride * -(-(method.receptive_radius + 3) // stride)

    seen = influence(method.denoise, (1, 1, size, size))

    assert method.receptive_radius == 3 * (stride + method.refined)
    assert receptive_radius_of(seen) <= method.receptive_radius


def test_the_estimate_of_a_pixel_depends_on_its_own_sub_image_without_the_pixel(influence):
    method = narrow(variant="b", test_stride=3).double()

    seen = influence(method.denoise, (1, 3, 24, 24))

    assert seen[12, 12] == 0
    assert seen.count_nonzero() == seen[0::3, 0::3].count_nonzero() > 0


def test_without_a_finite_reach_of_the_denoiser_it_has_none():
    assert AMSNet(denoiser="restormer[width=8]").receptive_radius is None


@pytest.mark.parametrize(
    ("variant", "names"),
    [
        ("b", ["mask"]),
        ("b-e", ["mask"]),
        ("p", ["mask", "fine-tune"]),
        ("p-e", ["mask", "fine-tune"]),
    ],
)
def test_the_variants_with_p_are_fine_tuned(variant, names):
    assert [stage.name for stage in narrow(variant=variant).stages()] == names


def test_the_default_recipe_is_that_of_the_release_of_2024():
    training, fine_tuning = AMSNet(denoiser=NARROW).stages()

    assert training.recipe.iterations == 100 * 10_000 // 8
    assert fine_tuning.recipe.iterations == training.recipe.iterations // 10
    assert fine_tuning.recipe.learning_rate == training.recipe.learning_rate / 10 == 1e-5
    for stage in (training, fine_tuning):
        recipe = stage.recipe
        assert (recipe.batch_size, recipe.crop, stage.stride) == (8, 160, 5)
        assert (recipe.optimizer, recipe.betas, recipe.weight_decay) == ("adamw", (0.9, 0.999), 0)
        assert (recipe.flip, recipe.rotate, recipe.ema, recipe.clip_norm) == (
            True,
            False,
            None,
            None,
        )
        assert {recipe.schedule.factor(progress) for progress in (0, 0.5, 1)} == {1.0}


class WeightedMean(nn.Module):
    """The mean of the pixels around that are not hidden, by weights that are learned."""

    def __init__(self):
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(1, 1, 5, 5))
        nn.init.constant_(self.kernel[..., 0, 0], 5)  # before training, an image moved to a corner

    def forward(self, images):
        weights, seen = self.kernel.exp(), (images != 0).to(images.dtype)
        colours, counts = images.flatten(0, 1)[:, None], seen.flatten(0, 1)[:, None]
        weight = F.conv2d(counts, weights, padding=2).clamp(min=1e-6)  # a corner may see nothing
        return (F.conv2d(colours, weights, padding=2) / weight).view_as(images)


def test_training_lowers_the_error_on_noisy_images_alone():
    rows = torch.linspace(0, 2, 40)
    clean = 0.5 + 0.3 * torch.sin(rows[:, None] + 2 * rows[None, :])
    noisy = clean + 0.1 * torch.randn(4, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    method = narrow(train_stride=2, r3_times=2)
    method.denoiser = WeightedMean()

    def error():
        with torch.no_grad():
            return float((method.denoise(noisy) - clean).square().mean())

    errors = [error()]
    for stage, steps in zip(method.stages(), (40, 5), strict=True):
        optimizer = torch.optim.Adam(stage.parameters(), lr=0.2)
        for _ in range(steps):
            loss = stage(NoisyBatch(noisy=noisy, image=torch.zeros(4, dtype=torch.long)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        errors.append(error())

    assert errors[1] < 0.5 * errors[0]
    assert errors[2] < 0.2 * float((noisy - clean).square().mean())


@pytest.mark.parametrize("ratio", [0.0, 1.0, 1.5])
def test_a_ratio_that_hides_nothing_or_all_is_refused(ratio):
    with pytest.raises(ParameterError) as caught:
        narrow(mask_ratio=ratio)

    assert str(caught.value) == (
        f"amsnet: mask_ratio={ratio} leaves nothing to hide or nothing to see: "
        "set it above 0 and below 1"
    )


def test_a_single_mask_is_refused():
    with pytest.raises(ParameterError) as caught:
        narrow(masks=1)

    assert str(caught.value) == (
        "amsnet: masks=1 cannot hide every pixel and leave something to see: set masks to 2 or more"
    )


def test_crops_that_do_not_fit_are_refused():
    with pytest.raises(ParameterError) as caught:
        narrow(denoiser="restormer[width=8]", crop=100)

    assert str(caught.value) == (
        "amsnet: crop=100 does not fit train_stride=5 and its denoiser: set it to a multiple of "
        "40, such as 120"
    )


def test_a_probability_above_one_is_refused():
    with pytest.raises(ParameterError, match=r"r3_probability is a share from 0 to 1, not 1\.5"):
        narrow(r3_probability=1.5)


def test_the_quick_configuration_keeps_asymmetric_strides_all_stages_and_refinement():
    method = AMSNet(**{"denoiser": NARROW} | dict(harness_register_methods().quick))

    assert method.train_stride > method.test_stride > 1
    assert len(method.stages()) == 2
    assert method.refined
