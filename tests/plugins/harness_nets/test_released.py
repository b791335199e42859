import pytest

from harness_nets.released import released_weights

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
