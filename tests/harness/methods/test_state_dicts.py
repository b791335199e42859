import pytest
import torch
from torch import nn

from harness.errors import DataError
from harness.methods.state_dicts import load_strictly, without_prefix


def weights():
    return {"weight": torch.arange(6.0).view(2, 3), "bias": torch.zeros(2)}


def test_a_prefix_that_all_names_have_is_taken_off():
    assert without_prefix({"module.a": 1, "module.b.c": 2}, "module.") == {"a": 1, "b.c": 2}


@pytest.mark.parametrize("names", [{"module.a": 1, "b": 2}, {"a": 1}, {}])
def test_a_prefix_that_not_all_names_have_stays(names):
    assert without_prefix(names, "module.") == names


def test_weights_that_fit_are_loaded():
    layer = nn.Linear(3, 2)

    load_strictly(layer, weights())

    assert torch.equal(layer.weight, weights()["weight"])
    assert torch.equal(layer.bias, torch.zeros(2))


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"weight": torch.zeros(2, 3)}, "it lacks bias"),
        (weights() | {"mask": torch.zeros(1)}, "it also has mask"),
        (weights() | {"bias": torch.zeros(4)}, "of another shape are bias"),
        (weights() | {"bias": 3}, "of another shape are bias"),
        (
            {"weight": torch.zeros(3, 2), "scale": torch.zeros(1)},
            "it lacks bias; it also has scale; of another shape are weight",
        ),
        (
            weights() | {name: torch.zeros(1) for name in "abcde"},
            "it also has a, b, c and 2 more",
        ),
    ],
)
def test_weights_of_another_network_are_refused_with_their_names(wrong, complaint):
    layer = nn.Linear(3, 2)
    before = layer.weight.clone()

    with pytest.raises(DataError) as caught:
        load_strictly(layer, wrong)

    assert str(caught.value) == f"these are the weights of another network: {complaint}"
    assert torch.equal(layer.weight, before)


@pytest.mark.parametrize("take", [lambda it: without_prefix(it, "a."), lambda it: load(it)])
def test_weights_by_number_are_refused_in_one_line(take):
    with pytest.raises(
        DataError, match=r"^these are not weights by name: a key is 3, and no text$"
    ):
        take({3: torch.zeros(1)})


@pytest.mark.parametrize("take", [lambda it: without_prefix(it, "a."), lambda it: load(it)])
def test_a_list_is_refused_as_weights_in_one_line(take):
    with pytest.raises(DataError, match=r"^these are not weights by name, but a list$"):
        take([1])


def load(found):
    load_strictly(nn.Linear(3, 2), found)
