import pytest
import torch
from torch import nn

from harness import NoisyBatch, Recipe, build_network
from harness_amsnet.masks import Masks
from harness_amsnet.stages import FineTuning, SingleMask, total_variation
from harness_nets.pixel_shuffle import pixel_shuffle_down, pixel_shuffle_up

RECIPE = Recipe(iterations=1, batch_size=1, crop=20, learning_rate=1e-3)
HALVES = Masks(2, 0.5)
SMALL_RESTORMER = "restormer[width=16,blocks=[1,2,1,1],refinement=1]"


def batch(noisy):
    return NoisyBatch(noisy=noisy, image=torch.zeros(len(noisy), dtype=torch.long))


class Counting(nn.Module):
    """Outputs one value everywhere, and counts its passes."""

    def __init__(self, value=0.0):
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))
        self.passes = 0

    def forward(self, images):
        self.passes += 1
        return 0 * images + self.value


def test_training_by_one_mask_computes_what_the_released_code_computes(oracle):
    reference, network = oracle("amsnet.pt"), build_network(SMALL_RESTORMER, "denoiser")
    network.load_state_dict(reference["restormer"]["state_dict"])
    step = reference["train_step"]
    stage = SingleMask(network, HALVES, step["pd"], RECIPE)

    torch.manual_seed(step["seed"])
    loss = stage(batch(step["input"]))
    loss.backward()

    torch.testing.assert_close(loss, step["loss"], atol=1e-6, rtol=1e-5)
    norms = {name: float(weight.grad.norm()) for name, weight in network.named_parameters()}
    assert norms == pytest.approx(
        {name: float(norm) for name, norm in step["grad_norms"].items()}, rel=1e-4, abs=1e-6
    )


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_the_loss_is_the_mean_error_over_the_values_that_the_first_mask_hides(share):
    noisy = torch.rand(2, 3, 20, 20)
    stage = SingleMask(Counting(), Masks(3, share), 5, RECIPE)

    torch.manual_seed(1)
    loss = stage(batch(noisy))

    torch.manual_seed(1)
    hidden = Masks(3, share).draw(50, 4, 4) == 0
    subimages = pixel_shuffle_down(noisy, 5)
    torch.testing.assert_close(loss, subimages[hidden.expand_as(subimages)].mean())


def test_training_takes_one_pass_and_fine_tuning_one_for_each_mask():
    noisy = torch.rand(1, 3, 20, 20)

    trained, tuned = Counting(), Counting()
    SingleMask(trained, Masks(3, 1 / 3), 5, RECIPE)(batch(noisy))
    FineTuning(tuned, Masks(3, 1 / 3), 5, 0.01, RECIPE)(batch(noisy))

    assert (trained.passes, tuned.passes) == (1, 3)


def test_by_one_mask_a_prediction_does_not_depend_on_the_pixel_that_it_is_compared_with():
    """The loss is |prediction - pixel|: its slope in the pixel is nothing but the comparison's."""
    network = nn.Conv2d(3, 3, 3, padding=1).double()
    noisy = torch.rand(1, 3, 20, 20, dtype=torch.float64, requires_grad=True)
    stage = SingleMask(network, HALVES, 5, RECIPE)

    torch.manual_seed(0)
    (slope,) = torch.autograd.grad(stage(batch(noisy)), noisy)

    torch.manual_seed(0)
    hidden = (HALVES.draw(25, 4, 4) == 0).expand(25, 3, 4, 4)
    slopes = pixel_shuffle_down(slope, 5)[hidden].abs()
    torch.testing.assert_close(slopes, torch.full_like(slopes, 1 / int(hidden.sum())))


def test_an_image_of_which_nothing_is_hidden_has_no_loss():
    loss = SingleMask(Counting(0.7), Masks(2, 1e-9), 1, RECIPE)(batch(torch.rand(1, 1, 2, 2)))

    assert loss == 0


def test_fine_tuning_adds_the_weighted_variation_of_the_whole_image():
    noisy = torch.rand(1, 3, 20, 20)
    network = nn.Conv2d(3, 3, 3, padding=1)

    def loss_with(smoothness):
        torch.manual_seed(2)
        return FineTuning(network, HALVES, 5, smoothness, RECIPE)(batch(noisy))

    torch.manual_seed(2)
    subimages, drawn = pixel_shuffle_down(noisy, 5), HALVES.draw(25, 4, 4)
    passes = [network(torch.where(drawn == mask, 0, subimages)) for mask in (0, 1)]
    denoised = pixel_shuffle_up(torch.where(drawn == 0, *passes), 5)
    torch.testing.assert_close(loss_with(0.0), (denoised - noisy).abs().mean())
    torch.testing.assert_close(loss_with(0.3) - loss_with(0.0), 0.3 * total_variation(denoised))


@pytest.mark.parametrize("stage", [SingleMask, FineTuning])
def test_training_runs_in_half_precision_where_the_denoiser_adds_no_image(stage):
    smoothness = () if stage is SingleMask else (0.01,)
    made = stage(nn.Conv2d(3, 3, 3, padding=1), HALVES, 5, *smoothness, RECIPE)

    with torch.autocast("cpu", torch.bfloat16):
        loss = made(batch(torch.rand(1, 3, 20, 20)))

    assert loss.dtype == torch.float32
    assert loss.isfinite()


def test_the_variation_of_an_edge_is_its_height_times_its_length():
    edge = torch.zeros(1, 1, 10, 10, dtype=torch.float64)
    edge[..., 6:] = 0.5

    for image in (edge, edge.transpose(2, 3)):
        assert float(total_variation(image)) == pytest.approx(10 * 0.5 / 100, abs=1e-4)


def test_the_variation_of_a_slant_is_the_root_of_squares():
    rows = torch.arange(20.0, dtype=torch.float64)
    slant = (0.03 * rows[:, None] + 0.04 * rows)[None, None]

    inner = 19 * 19 * 0.05 + 19 * (0.03 + 0.04)  # at the borders one difference is left
    assert float(total_variation(slant)) == pytest.approx(inner / 400, abs=1e-4)


def test_a_constant_image_has_a_finite_slope():
    image = torch.full((1, 1, 5, 5), 0.5, requires_grad=True)

    (slope,) = torch.autograd.grad(total_variation(image), image)

    assert torch.equal(slope, torch.zeros_like(slope))


def test_isotropic_variation_lies_below_the_anisotropic_one_of_the_released_code(oracle):
    """By no more than the root of two, as a root of squares lies below a sum."""
    reference = oracle("amsnet.pt")["tv"]

    isotropic = reference["input"].numel() * float(total_variation(reference["input"]))

    anisotropic = float(reference["repo_TVLoss_sum"])
    assert anisotropic / 2**0.5 < isotropic < anisotropic
