import pytest
import torch

from harness import Cosine, NoisyBatch, Recipe
from harness_ssid.adaptive import adaptive_coefficients
from harness_ssid.blind import BlindNeighbourhoodNetwork
from harness_ssid.encoder_decoder import UNet
from harness_ssid.local import LocallyAwareNetwork
from harness_ssid.stages import BlindStage, DenoiserStage, LocalStage

RECIPE = Recipe(iterations=3, batch_size=2, crop=64, learning_rate=3e-4, schedule=Cosine())


@pytest.fixture
def narrow():
    return BlindNeighbourhoodNetwork(width=4), LocallyAwareNetwork(width=8), UNet(width=4)


def released(references):
    networks = BlindNeighbourhoodNetwork(), LocallyAwareNetwork(), UNet()
    for network, entry in zip(networks, ("bnn", "lan", "unet"), strict=True):
        network.load_state_dict(references[entry]["state_dict"])
    return networks


def crops(intensities):
    return NoisyBatch(intensities / 255, torch.zeros(len(intensities), dtype=torch.long))


def some_crops():
    return crops(torch.randint(256, (2, 3, 32, 32)).float())


def train(stage, batch, step):
    """One step as the trainer takes it; returns the loss."""
    if step == 0:
        stage.optimizer = torch.optim.Adam(stage.parameter_groups(), lr=RECIPE.learning_rate)
    rate = RECIPE.learning_rate * RECIPE.schedule.factor(step / RECIPE.iterations)
    for group in stage.optimizer.param_groups:
        group["lr"] = rate
    loss = stage(batch)
    stage.optimizer.zero_grad()
    loss.backward()
    stage.optimizer.step()
    return float(loss.detach())


def test_the_losses_are_those_of_the_released_code(oracle):
    references = oracle("ssid.pt")
    blind, local, denoiser = released(references)
    expected = references["losses"]
    batch = crops(expected["input"])

    losses = {
        "bnn": BlindStage(blind, RECIPE),
        "lan_code": LocalStage(blind, local, RECIPE),
        "lan_paper": LocalStage(blind, local, RECIPE, loss="flat-weighted"),
        "unet": DenoiserStage(blind, local, denoiser, RECIPE),
    }

    for name, stage in losses.items():
        assert float(stage(batch).detach()) == pytest.approx(expected[name], rel=1e-5), name


def test_nine_steps_of_training_are_those_of_the_released_code(oracle):
    """In double precision: Adam's first steps, of the size of their signs, enlarge rounding."""
    references = oracle("ssid.pt")
    blind, local, denoiser = (network.double() for network in released(references))
    trace = references["train_trace"]
    stages = (
        BlindStage(blind, RECIPE),
        LocalStage(blind, local, RECIPE),
        DenoiserStage(blind, local, denoiser, RECIPE),
    )

    losses = [
        train(stages[step // 3], crops(inputs.double()), step % 3)
        for step, inputs in enumerate(trace["inputs"])
    ]

    assert losses == pytest.approx(trace["losses"], rel=1e-5)
    image = references["bnn"]["input"].double() / 255
    for network, name in ((blind, "BNN"), (local, "LAN"), (denoiser, "UNet")):
        expected = trace["final_output_on_bnn_input"][name].double()
        torch.testing.assert_close(
            255 * network(image), expected, atol=float(2e-3 * expected.abs().max()), rtol=0
        )


def test_a_stage_leaves_its_teachers_as_they_are(narrow):
    blind, local, denoiser = narrow
    stages = (
        (BlindStage(blind, RECIPE), blind),
        (LocalStage(blind, local, RECIPE, loss="flat-weighted"), local),
        (DenoiserStage(blind, local, denoiser, RECIPE), denoiser),
    )
    for stage, trained in stages:
        stage(some_crops()).backward()
        for network in narrow:
            gradients = [weight.grad for weight in network.parameters()]
            if network is trained:
                assert all(gradient is not None for gradient in gradients)
            else:
                assert all(gradient is None for gradient in gradients)
        trained.zero_grad()
        groups = stage.parameter_groups()
        assert {id(weight) for group in groups for weight in group["params"]} == {
            id(weight) for weight in trained.parameters()
        }


def test_the_local_network_can_learn_from_the_noisy_image(narrow):
    blind, local, _ = narrow
    batch = some_crops()
    error = (local(batch.noisy) - batch.noisy).abs()

    plain = LocalStage(blind, local, RECIPE, target="noisy")
    weighted = LocalStage(blind, local, RECIPE, target="noisy", loss="flat-weighted")

    torch.testing.assert_close(plain(batch), 255 * error.mean())
    flat = 1 - adaptive_coefficients(blind(batch.noisy))
    torch.testing.assert_close(weighted(batch), 255 * (flat * error).mean())


def test_the_supervisions_are_those_of_table_2(narrow):
    blind, local, denoiser = narrow
    batch = some_crops()
    denoised, flat, texture = (network(batch.noisy) for network in (denoiser, blind, local))
    of_blind, of_local = (255 * (denoised - teacher).abs().mean() for teacher in (flat, texture))

    def loss(supervision):
        return DenoiserStage(blind, local, denoiser, RECIPE, supervision)(batch)

    torch.testing.assert_close(loss("bnn"), of_blind)
    torch.testing.assert_close(loss("lan"), of_local)
    torch.testing.assert_close(loss("both"), (of_blind + of_local) / 2)
    alpha = adaptive_coefficients(flat)
    expected = (1 - alpha) * (denoised - flat).abs() + alpha * (denoised - texture).abs()
    torch.testing.assert_close(loss("adaptive"), 255 * expected.mean())


@pytest.mark.parametrize("size", [(32, 64), (96, 32)])
def test_rectangles_are_trained_on_too(narrow, size):
    batch = crops(torch.randint(256, (2, 3, *size)).float())

    assert DenoiserStage(*narrow, RECIPE)(batch).isfinite()


def test_losses_are_in_single_precision_in_half_precision_training(narrow):
    blind, local, denoiser = narrow
    for stage in (
        BlindStage(blind, RECIPE),
        LocalStage(blind, local, RECIPE, loss="flat-weighted"),
        DenoiserStage(blind, local, denoiser, RECIPE),
    ):
        with torch.autocast("cpu", torch.bfloat16):
            loss = stage(some_crops())
        assert loss.dtype == torch.float32
        assert loss.isfinite()
