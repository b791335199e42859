import pytest
import torch

from harness import ParameterError
from harness.plugin.registry import load_registry
from harness_dbsn.hooks import harness_register_methods
from harness_dbsn.method import DBSN
from harness_nets.guided_filter import guided_filter

STUDENT = {"distill": True, "student": "ssid-unet[width=2]", "student_crop": 32}


def narrow(**parameters):
    return DBSN(**{"width": 8, "blocks": 1, "stride": 2, "crop": 16, "iterations": 40} | parameters)


@pytest.mark.parametrize(("stride", "size"), [(1, (7, 9)), (2, (12, 10)), (4, (8, 20))])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("noise", ["awgn", "hg", "mg"])
def test_denoising_keeps_the_shape(noise, stride, size, channels):
    method = narrow(channels=channels, stride=stride, noise=noise)
    noisy = torch.rand(2, channels, *size)

    assert method.size_multiple == stride
    assert method.denoise(noisy).shape == noisy.shape


@pytest.mark.parametrize("bayes", [True, False])
@pytest.mark.parametrize("filtered", [True, False])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_its_reach_is_what_the_gradient_shows(
    stride, filtered, bayes, influence, receptive_radius_of
):
    method = narrow(channels=1, stride=stride, crop=12, bayes=bayes, guided_filter=filtered)
    size = 2 * stride * (method.denoiser.network.receptive_radius + 3)

    seen = influence(method.double().denoise, (1, 1, size, size))

    # sub-images have only every stride-th pixel, so that the filter's rim may be unseen
    assert method.receptive_radius - stride < receptive_radius_of(seen) <= method.receptive_radius


@pytest.mark.parametrize("parameters", [{"noise": "awgn"}, {"noise_models": "per-image"}])
def test_what_depends_on_the_whole_image_has_no_reach(parameters):
    assert narrow(**parameters).receptive_radius is None
    assert narrow(bayes=False, **parameters).receptive_radius is not None


@pytest.mark.parametrize("variant", ["release", "paper"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_mean_is_blind_at_the_centre_and_at_multiples_of_six_strides(
    stride, variant, influence
):
    method = narrow(
        channels=1, stride=stride, crop=12, variant=variant, bayes=False, guided_filter=False
    )
    size = 24 * stride

    seen = influence(method.double().denoise, (1, 1, size, size))

    assert seen[:: 6 * stride, :: 6 * stride].count_nonzero() == 0  # the centre is on it
    assert seen.count_nonzero() > 0


def test_bayes_step_adds_the_pixel_itself(influence):
    method = narrow(channels=1, stride=1)

    seen = influence(method.double().denoise, (1, 1, 24, 24))

    assert seen[12, 12] > 0


def test_photographs_are_filtered_at_the_end_and_others_are_not():
    noisy = torch.rand(1, 3, 12, 12)
    for stride in (1, 2):
        plain = narrow(stride=stride, guided_filter=False, bayes=False)
        method = narrow(stride=stride, bayes=False)
        method.load_state_dict(plain.state_dict())

        unfiltered = plain.denoise(noisy)

        expected = guided_filter(unfiltered, 1, 0.01) if stride > 1 else unfiltered
        torch.testing.assert_close(method.denoise(noisy), expected)


@pytest.mark.parametrize(("stride", "networks"), [(1, 1), (2, 4), (3, 1), (4, 4)])
def test_phases_of_the_bayer_pattern_have_networks_where_sub_images_tell_them_apart(
    stride, networks
):
    method = narrow(stride=stride, crop=12)

    assert method.denoiser.noise.networks.sets == networks


def test_every_training_image_gets_networks_of_its_own_in_the_paper():
    paper, release = narrow(variant="paper"), narrow()

    for method in (paper, release):
        method.prepare([torch.zeros(8, 8, 3).numpy()] * 3)

    assert paper.denoiser.noise.networks.sets == 3 * 4
    assert release.denoiser.noise.networks.sets == 4
    fresh = narrow(variant="paper")
    fresh.load_state_dict(paper.state_dict())
    assert fresh.denoiser.images == 3


@pytest.mark.parametrize(
    ("parameters", "likelihood", "noise_input"),
    [
        ({"stride": 1}, "plain", "mean"),
        ({"stride": 1, "noise": "awgn"}, "plain", "noisy"),
        ({"stride": 4}, "constrained", "mean"),
        ({"stride": 1, "variant": "paper"}, "constrained", "noisy"),
        ({"variant": "paper", "likelihood": "plain", "noise_input": "mean"}, "plain", "mean"),
    ],
)
def test_the_variant_says_what_the_user_does_not(parameters, likelihood, noise_input):
    method = narrow(**parameters)

    assert method.likelihood == likelihood
    assert method.denoiser.noise_input == noise_input


def test_colour_trains_in_three_stages_and_grey_in_two_on_noisy_images_alone():
    colour, grey = (narrow(channels=channels).stages() for channels in (3, 1))

    assert [(s.name, s.recipe.iterations) for s in colour] == [
        ("warm-up", 16),
        ("noise", 8),
        ("likelihood", 16),
    ]
    assert [(s.name, s.recipe.iterations) for s in grey] == [("warm-up", 16), ("likelihood", 24)]
    assert {stage.view for stage in (*colour, *grey)} == {"noisy"}


@pytest.mark.parametrize(
    ("parameters", "rate"),
    [
        ({"channels": 1}, 3e-4),
        ({"channels": 3}, 3e-5),
        ({"channels": 3, "noise": "mg"}, 3e-6),
        ({"channels": 3, "variant": "paper"}, 3e-4),
        ({"channels": 1, "likelihood_rate": 0.5}, 1.5e-4),
    ],
)
def test_the_likelihood_starts_at_the_released_rate_unless_told_otherwise(parameters, rate):
    stage = narrow(**parameters).stages()[-1]

    assert stage.recipe.learning_rate == pytest.approx(rate)
    assert all("lr" not in group for group in stage.parameter_groups())


def test_the_rate_of_the_paper_falls_to_a_thousandth():
    schedule = narrow(variant="paper").stages()[-1].recipe.schedule

    assert schedule.factor(0) == 1
    assert schedule.factor(1) == pytest.approx(1e-3)


@pytest.mark.parametrize(
    ("shares", "names"),
    [
        ({"warmup": 0.0, "noise_warmup": 0.0}, ["likelihood"]),
        ({"warmup": 1.0, "noise_warmup": 0.0}, ["warm-up"]),
        ({"warmup": 0.5, "noise_warmup": 0.5}, ["warm-up", "noise"]),
    ],
)
def test_a_stage_without_iterations_is_left_out(shares, names):
    assert [stage.name for stage in narrow(**shares).stages()] == names


def test_distillation_comes_last_and_the_student_gives_the_output():
    method = narrow(**STUDENT)
    noisy = torch.rand(1, 3, 32, 32)

    assert method.stages()[-1].name == "distillation"
    assert method.stages()[-1].view == "unpaired"
    torch.testing.assert_close(method.denoise(noisy), method.student(noisy))
    assert method.size_multiple == method.student.size_multiple
    assert method.receptive_radius == getattr(method.student, "receptive_radius", None)


def test_without_distillation_there_is_no_student():
    assert narrow().student is None
    assert not any(name.startswith("student") for name in narrow().state_dict())


def test_shares_of_more_than_the_whole_are_refused():
    with pytest.raises(ParameterError, match=r"warmup=0\.9 and noise_warmup=0\.2 .* at most 1"):
        narrow(warmup=0.9, noise_warmup=0.2)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"stride": 5, "crop": 96}, r"crop=96 .* a multiple of 5, such as 100"),
        (STUDENT | {"student_crop": 40}, r"student_crop=40 .* a multiple of 32, such as 64"),
    ],
)
def test_a_crop_that_does_not_fit_is_refused(parameters, text):
    with pytest.raises(ParameterError, match=text):
        narrow(**parameters)


def test_only_distillation_sees_clean_images():
    entry = load_registry().find("method", "dbsn")
    views = {p.name: dict(p.views) for p in entry.parameters if p.views}

    assert entry.spec.view == "noisy"
    assert views == {"distill": {True: "unpaired"}}


def test_the_quick_configuration_keeps_all_stages_and_both_branches():
    method = DBSN(**harness_register_methods().quick)

    assert [stage.name for stage in method.stages()] == ["warm-up", "noise", "likelihood"]
    assert method.size_multiple > 1
    assert method.denoiser.network.br1.receptive_radius > 1
    assert method.denoiser.network.br2.receptive_radius > 2
