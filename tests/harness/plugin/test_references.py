"""A reference has every parameter, and equal choices are equal however they are spelled."""

import sys

import pytest

from harness.errors import ParameterError, PluginError
from harness.plugin.registry import load_registry

HOOKS = """
from harness import *

@hookimpl
def harness_register_methods():
    return MethodSpec(name="mine", target="reading.target:Mine", summary="s"{more})

@hookimpl
def harness_register_datasets():
    return DatasetSpec(
        name="data", target="reading.target:Data", summary="s", trains_on="other[a={{b}}]"
    )
"""
TARGET = """
from typing import Annotated, Literal

from harness import Channels, Dataset, Method, Role, Share, Views

class Mine(Method):
    def __init__(
        self,
        channels: Channels = 3,
        mode: Literal["a", "b"] = "a",
        share: Share = 0.5,
        net: Annotated[str, Role("denoiser")] = "unet",
        clean: Annotated[bool, Views({True: "unpaired"})] = False,
    ):
        super().__init__()

    def denoise(self, noisy):
        return noisy

class Data(Dataset):
    def __init__(self, a: int = 1):
        pass

    def samples(self, split):
        return []
"""


@pytest.fixture
def registry(install):
    """Makes a registry in which a target says what its parameters are."""

    def make(more="", target=TARGET):
        install("reading", HOOKS.format(more=more), target=target)
        return load_registry()

    return make


def test_what_can_be_set_is_read_from_the_signature(registry):
    made = registry()
    reference = made.choose("method", "mine[mode=b,share=1]")
    assert reference.label == "mine[mode=b,share=1]"
    assert {**reference.parameters, "net": reference.parameters["net"].name} == {
        "mode": "b",
        "share": 1.0,
        "net": "unet",
        "clean": False,
    }


def test_what_the_images_decide_is_left_to_them_unless_it_is_given(registry):
    made = registry()
    reference = made.choose("method", "mine")
    assert "channels" not in made.arguments(reference)
    assert made.arguments(reference, channels=1)["channels"] == 1
    given = made.choose("method", "mine[channels=4]")
    assert made.arguments(given, channels=1)["channels"] == 4
    assert made.choose("method", "mine[channels=3]").label == "mine[channels=3]"


def test_what_training_sees_depends_on_a_marked_argument(registry):
    made = registry()
    assert made.view_of(made.choose("method", "mine")) == "noisy"
    assert made.view_of(made.choose("method", "mine[clean=true]")) == "unpaired"


def test_a_default_that_is_written_out_is_the_same_choice(registry):
    made = registry()
    spelled_out = made.choose("method", "mine[mode=a,share=1,net=unet]")
    assert spelled_out == made.choose("method", "mine[share=1]")
    assert spelled_out.label == spelled_out.selector == "mine[share=1]"
    assert not spelled_out.is_default
    assert made.choose("method", "mine[share=0.5]").is_default


def test_a_network_within_is_a_reference_itself(registry):
    made = registry()
    reference = made.choose("method", "mine[net=unet[width=16]]")
    (network,) = reference.nested
    assert (network.kind, network.parameters["width"]) == ("network", 16)
    assert reference.label == "mine[net=unet[width=16]]"
    assert made.arguments(reference)["net"] == "unet[width=16]"
    assert made.choose("method", reference.selector) == reference


def test_the_budget_quick_sets_what_the_user_has_not(registry):
    made = registry(', quick={"share": 0.25}')
    quick = made.choose("method", "mine", quick=True)
    assert quick.parameters["share"] == 0.25
    assert quick.label == "mine"
    assert quick.narrowed["share"] == "0.25"
    assert made.choose("method", quick.selector).parameters["share"] == 0.25
    assert made.choose("method", "mine[share=0.25]", quick=True).label == "mine"
    own = made.choose("method", "mine[share=0.5]", quick=True)
    assert (own.label, own.parameters["share"]) == ("mine[share=0.5]", 0.5)
    assert "share" not in own.narrowed


def test_what_the_budget_quick_was_chosen_on_is_said_where_it_is_set(registry):
    made = registry(', quick={"share": 0.25}, quick_chosen_on="mine, split tune"')
    assert made.choose("method", "mine", quick=True).narrowed_on == "mine, split tune"
    assert made.choose("method", "mine").narrowed_on == ""


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("mine[mode=c]", "method 'mine': parameter 'mode' must be one of a, b, not 'c'"),
        ("mine[share=2]", "method 'mine': parameter 'share' must be at most 1, not 2"),
        ("mine[size=2]", "has no parameter 'size'; it has channels, clean, mode, net, share"),
        ("mine[net=ssid-lan]", "network 'ssid-lan' cannot play the role 'denoiser'"),
    ],
)
def test_arguments_are_checked_against_the_signature(registry, selector, message):
    with pytest.raises(ParameterError) as error:
        registry().choose("method", selector)
    assert message in str(error.value)


def test_what_a_spec_declares_is_not_read_from_the_signature(registry):
    made = registry(', parameters=(Parameter(name="mode", default="a"),)')
    assert made.choose("method", "mine[mode=c]").parameters == {"mode": "c"}
    assert "reading.target" not in sys.modules


def test_a_spec_that_declares_that_there_are_none_has_none(registry):
    made = registry(", parameters=()")
    assert made.choose("method", "mine").parameters == {}
    with pytest.raises(ParameterError, match="it has none"):
        made.choose("method", "mine[mode=b]")


def test_a_target_that_cannot_be_imported_is_told_when_it_is_chosen_and_harms_no_other(registry):
    made = registry(target="import no_such_module")
    assert made.choose("metric", "ssim[protocol=wang]").parameters == {"protocol": "wang"}
    with pytest.raises(PluginError) as error:
        made.choose("method", "mine[mode=b]")
    assert str(error.value) == (
        "method 'mine' (plugin 'reading' of reading 1.2): cannot import 'reading.target': "
        "ModuleNotFoundError: No module named 'no_such_module' (reading/target.py:1)"
    )


@pytest.mark.parametrize(
    ("kind", "name", "more", "target", "message"),
    [
        (
            "method",
            "mine",
            ', quick={"width": 8}',
            TARGET,
            "sets the parameter 'width' for the budget quick without declaring it",
        ),
        (
            "method",
            "mine",
            "",
            TARGET.replace('"unpaired"', '"all"'),
            "has a parameter 'clean' with a view 'all'; the views are noisy, unpaired, pairs",
        ),
        (
            "dataset",
            "data",
            "",
            TARGET,
            "refers to the parameter 'b' in trains_on without declaring it",
        ),
    ],
)
def test_a_spec_that_does_not_fit_its_signature_is_told_when_it_is_read(
    registry, kind, name, more, target, message
):
    made = registry(more, target)
    with pytest.raises(PluginError) as error:
        made.choose(kind, name)
    assert str(error.value) == f"{kind} {name!r} (plugin 'reading' of reading 1.2) {message}"
