import pytest
import torch

from harness import NoisyBatch, ParameterError
from harness.evaluation.inference import denoise
from harness.plugin.registry import LoadSettings, load_registry
from harness_ssid.adaptive import adaptive_coefficients
from harness_ssid.ensemble import self_ensemble
from harness_ssid.hooks import harness_register_methods
from harness_ssid.method import SSID

SMALL = {"bnn": "ssid-bnn[width=2]", "lan": "ssid-lan[width=4]", "denoiser": "ssid-unet[width=2]"}

PLUGIN = """
from torch import nn

from harness import NetworkSpec, Parameter, hookimpl


@hookimpl
def harness_register_networks():
    return NetworkSpec(
        name="tiny",
        target="others:tiny",
        summary="s",
        roles=("blind", "local", "denoiser"),
        parameters=(Parameter(name="channels", default=3), Parameter(name="kernel", default=1)),
    )


def tiny(channels, kernel):
    return nn.Conv2d(channels, channels, kernel, padding=kernel // 2)
"""


def small(**parameters):
    return SSID(**SMALL | parameters)


@pytest.fixture
def others(tmp_path):
    """A plugin with a network that plays all roles."""
    file = tmp_path / "others.py"
    file.write_text(PLUGIN)
    yield load_registry(LoadSettings(plugins=(str(file),)))
    load_registry()


@pytest.mark.parametrize("size", [(45, 70), (7, 5)])
@pytest.mark.parametrize("output", ["bnn", "lan", "fusion"])
def test_images_of_any_size_are_denoised_by_its_other_networks(size, output):
    noisy = torch.rand(2, 3, *size)

    assert denoise(small(output=output), noisy).shape == noisy.shape


def test_it_trains_three_stages_of_the_published_length_on_noisy_images():
    stages = SSID().stages()

    assert [stage.name for stage in stages] == ["bnn", "lan", "denoiser"]
    for stage in stages:
        assert stage.view == "noisy"
        assert (stage.recipe.iterations, stage.recipe.batch_size) == (400_000, 8)
        assert (stage.recipe.crop, stage.recipe.learning_rate) == (256, 3e-4)
        assert (stage.recipe.optimizer, stage.recipe.schedule.factor(1)) == ("adam", 0)


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"output": "bnn"}, ["bnn"]),
        ({"output": "lan"}, ["bnn", "lan"]),
        ({"output": "fusion"}, ["bnn", "lan"]),
        ({"supervision": "bnn"}, ["bnn", "denoiser"]),
        ({"supervision": "lan"}, ["bnn", "lan", "denoiser"]),
        ({"supervision": "lan", "lan_target": "noisy"}, ["lan", "denoiser"]),
        ({"lan_target": "noisy"}, ["bnn", "lan", "denoiser"]),
        (
            {"output": "lan", "lan_target": "noisy", "lan_loss": "flat-weighted"},
            ["bnn", "lan"],
        ),
    ],
)
def test_a_stage_that_nothing_asks_for_is_left_out(parameters, names):
    assert [stage.name for stage in small(**parameters).stages()] == names


def test_the_outputs_are_those_of_table_3():
    noisy = torch.rand(1, 3, 32, 64)
    method = small()
    flat, textured = method.bnn(noisy), method.lan(noisy)
    alpha = adaptive_coefficients(flat)
    expected = {
        "denoiser": method.denoiser(noisy),
        "bnn": flat,
        "lan": textured,
        "fusion": (1 - alpha) * flat + alpha * textured,
    }

    for output, denoised in expected.items():
        other = small(output=output)
        other.load_state_dict(method.state_dict())
        torch.testing.assert_close(other.denoise(noisy), denoised)


def test_the_self_ensemble_averages_over_eight_transforms():
    method = small(self_ensemble=True)
    noisy = torch.rand(1, 3, 32, 64)

    averaged = method.denoise(noisy)

    torch.testing.assert_close(averaged, self_ensemble(noisy, method.denoiser))
    assert not torch.allclose(averaged, method.denoiser(noisy))


@pytest.mark.parametrize(
    ("output", "receptive_radius"),
    [("denoiser", 157), ("bnn", 319), ("lan", None), ("fusion", None)],
)
def test_its_receptive_field_is_that_of_the_networks_of_its_output(output, receptive_radius):
    assert small(output=output).receptive_radius == receptive_radius


def test_a_network_of_another_plugin_takes_the_place_of_each(others):
    choice = others.choose("method", "ssid[bnn=tiny,denoiser=tiny[kernel=3],lan=tiny]")
    method = others.build(choice)
    batch = NoisyBatch(torch.rand(2, 3, 20, 12), torch.zeros(2, dtype=torch.long))

    assert choice.label == "ssid[bnn=tiny,denoiser=tiny[kernel=3],lan=tiny]"
    assert method.denoiser.kernel_size == (3, 3)
    assert method.size_multiple == 1
    for stage in method.stages():
        stage(batch).backward()
    assert all(weight.grad is not None for weight in method.parameters())
    assert denoise(method, torch.rand(1, 3, 5, 7)).shape == (1, 3, 5, 7)


def test_crops_that_the_networks_cannot_take_are_refused():
    with pytest.raises(ParameterError, match=r"crop=100 .* multiple of 32, such as 128"):
        small(crop=100)


def test_the_quick_configuration_keeps_three_stages():
    method = SSID(**harness_register_methods().quick)

    assert [stage.name for stage in method.stages()] == ["bnn", "lan", "denoiser"]


def test_the_teachers_may_train_for_other_lengths():
    method = small(iterations=5, bnn_iterations=7, lan_iterations=3)
    assert [stage.recipe.iterations for stage in method.stages()] == [7, 3, 5]
    assert [stage.recipe.iterations for stage in small(iterations=5).stages()] == [5] * 3
