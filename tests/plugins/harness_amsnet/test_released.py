import pytest
import torch

from harness import DataError
from harness_amsnet.method import AMSNet

NARROW = {
    "restormer": "restormer[width=8,blocks=[1,0,0,1],refinement=0]",
    "unet": "unet[width=4,tail=4]",
    "dncnn": "dncnn[width=4,layers=3]",
    "nafnet-baseline": "nafnet-baseline[width=4,middle=0]",
}


def narrow(name):
    return AMSNet(denoiser=NARROW[name], r3_times=1).eval()


def weights_of(method, prefix=""):
    return {f"{prefix}{name}": value for name, value in method.denoiser.state_dict().items()}


def lightning(weights):
    return {
        "epoch": 99,
        "global_step": 125_000,
        "pytorch-lightning_version": "2.4.0",
        "state_dict": weights,
        "loops": {"fit_loop": {"state_dict": {}}},
    }


WRAPPINGS = {
    "as released": lambda method: lightning(weights_of(method, "net.dn.branches.0.")),
    "with an optimizer": lambda method: {
        **lightning(weights_of(method, "net.dn.branches.0.")),
        "optimizer_states": [{"state": {}}],
    },
    "of the mask block": lambda method: weights_of(method, "dn.branches.0."),
    "of its branches": lambda method: weights_of(method, "branches.0."),
    "of data parallelism": lambda method: weights_of(method, "module.net.dn.branches.0."),
    "of the denoiser's authors": lambda method: {"params": weights_of(method)},
    "bare": weights_of,
}


@torch.no_grad()
@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("name", ["restormer", "dncnn"])
def test_weights_load_in_every_wrapping(wrapping, name):
    author, user = narrow(name), narrow(name)
    noisy = torch.rand(1, 3, 16, 16)

    assert not torch.equal(user.denoise(noisy), author.denoise(noisy))
    user.load_pretrained(WRAPPINGS[wrapping](author))

    assert torch.equal(user.denoise(noisy), author.denoise(noisy))


@pytest.mark.parametrize(
    ("held", "chosen"),
    [
        ("unet", "restormer"),
        ("restormer", "unet"),
        ("nafnet-baseline", "restormer"),
        ("dncnn", "nafnet-baseline"),
    ],
)
def test_weights_of_another_denoiser_are_refused_with_the_one_to_ask_for(held, chosen):
    file = lightning(weights_of(narrow(held), "net.dn.branches.0."))

    with pytest.raises(DataError) as caught:
        narrow(chosen).load_pretrained(file)

    assert str(caught.value) == (
        f"these are the weights of {held}, and the denoiser is {chosen}: "
        f"ask for amsnet[denoiser={held}]"
    )


def test_weights_of_another_width_are_refused_by_their_names():
    wider = AMSNet(denoiser="dncnn[width=8,layers=3]")

    with pytest.raises(DataError, match=r"of another shape are model\.0\.weight, .* more"):
        narrow("dncnn").load_pretrained(weights_of(wider))


def test_incomplete_weights_are_refused():
    weights = weights_of(narrow("unet"), "net.dn.branches.0.")
    del weights["net.dn.branches.0.nin_c.bias"]

    with pytest.raises(DataError) as caught:
        narrow("unet").load_pretrained(lightning(weights))

    assert str(caught.value) == "these are the weights of another network: it lacks nin_c.bias"


def test_a_denoiser_for_each_mask_is_refused():
    method = narrow("dncnn")
    file = lightning(
        {**weights_of(method, "net.dn.branches.0."), **weights_of(method, "net.dn.branches.1.")}
    )

    with pytest.raises(DataError) as caught:
        method.load_pretrained(file)

    assert str(caught.value) == (
        "these are the weights of 2 denoisers, one for each mask, and amsnet has one for all "
        "masks: give a file in which all names begin with branches.0."
    )


def test_weights_of_no_known_network_are_refused():
    with pytest.raises(DataError, match=r"it lacks .* it also has strange"):
        narrow("dncnn").load_pretrained({"strange": torch.zeros(1)})


def test_the_full_size_network_has_the_names_and_shapes_that_were_released(oracle):
    """All five, bare, as they follow ``net.dn.branches.0.`` in the released files."""
    shapes = oracle("amsnet.pt")["full_size"]["restormer"]["state_shapes"]

    with torch.device("meta"):
        method = AMSNet()

    expected = {f"denoiser.{name}": tuple(shape) for name, shape in shapes.items()}
    assert {n: tuple(v.shape) for n, v in method.state_dict().items()} == expected
