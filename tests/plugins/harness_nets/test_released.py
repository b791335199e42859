import pytest

from harness_nets.released import recognised, released_weights, upstream_weights

WEIGHTS = {"head.0.weight": 1, "tail.0.bias": 2}


def prefixed(prefix):
    return {f"{prefix}{name}": value for name, value in WEIGHTS.items()}


@pytest.mark.parametrize("prefix", ["", "bsn.", "module.", "module.bsn."])
@pytest.mark.parametrize("wrappers", [(), ("denoiser",), ("model_weight", "denoiser")])
def test_weights_are_found_in_any_wrapping(wrappers, prefix):
    checkpoint = prefixed(prefix)
    for wrapper in reversed(wrappers):
        checkpoint = {"epoch": 20, wrapper: checkpoint, "optimizer_weight": {}}

    assert released_weights(checkpoint) == WEIGHTS


def test_a_prefix_that_only_some_names_have_is_a_name():
    mixed = {"bsn.head.0.weight": 1, "tail.0.bias": 2}

    assert released_weights(mixed) == mixed


def test_what_another_file_holds_is_left_as_it_is():
    assert released_weights({"state_dict": WEIGHTS, "denoiser": 3}) == {
        "state_dict": WEIGHTS,
        "denoiser": 3,
    }


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("wrapper", [None, "state_dict", "params", "params_ema"])
def test_weights_of_other_authors_are_found_in_any_wrapping(wrapper, prefix):
    weights = prefixed(prefix)
    checkpoint = weights if wrapper is None else {"epoch": 3, wrapper: weights}

    assert upstream_weights(checkpoint) == WEIGHTS


def test_the_average_is_preferred_to_the_last_weights():
    last = dict.fromkeys(WEIGHTS, 0)

    assert upstream_weights({"params": last, "params_ema": WEIGHTS}) == WEIGHTS


def test_a_weight_that_is_named_as_a_wrapper_is_a_weight():
    weights = {"params": 1, "tail.0.bias": 2}

    assert upstream_weights(weights) == weights


@pytest.mark.parametrize(
    ("names", "network"),
    [
        (["patch_embed.proj.weight", "output.weight"], "restormer"),
        (["intro.weight", "encoders.0.0.sca.1.weight"], "nafnet"),
        (["intro.weight", "encoders.0.0.se.1.weight"], "nafnet-baseline"),
        (["net2.e0.body.0.block.0.weight"], "deamnet"),
        (["enc_conv0.weight", "nin_c.bias"], "unet"),
        (["level1_prev.block.0.weight", "DWT.weight"], "mwcnn"),
        (["model.0.weight", "model.2.weight"], "dncnn"),
        (["intro.weight"], None),
        (["head.0.weight"], None),
        ([], None),
    ],
)
def test_a_network_is_recognised_by_names_that_only_it_has(names, network):
    assert recognised(dict.fromkeys(names)) == network
