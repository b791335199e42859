"""What a signature declares, and the types of the arguments that users give."""

import functools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import pytest

from harness import (
    Channels,
    DatasetSpec,
    Maximum,
    MethodSpec,
    Minimum,
    OnlyWith,
    Parameter,
    Positive,
    Role,
    Share,
    Views,
)
from harness.errors import ParameterError
from harness.plugin.parameters import (
    declared_parameters,
    parameters_of_target,
    resolve_parameters,
    with_root,
)
from harness.plugin.selector import format_selector, parse_selector

PARAMETERS = (
    Parameter(name="width", default=64, minimum=1),
    Parameter(name="rate", default=1e-4),
    Parameter(name="residual", default=False),
    Parameter(name="network", default="unet", choices=("unet", "nafnet")),
    Parameter(name="limit", value_type=int),
    Parameter(name="share", default=0.5, minimum=0, maximum=1),
    Parameter(name="strides", default=(5, 2), many=True, minimum=1),
)


def resolved(text):
    return resolve_parameters("method 'mine'", PARAMETERS, parse_selector(text).arguments)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("width=32", 32),
        ("rate=3e-4", 3e-4),
        ("rate=1", 1.0),
        ("rate=inf", math.inf),
        ("residual=yes", True),
        ("residual=Off", False),
        ("network=nafnet", "nafnet"),
        ("limit=7", 7),
        ("share=1", 1.0),
        ("limit=none", None),
        ("strides=[2,3]", (2, 3)),
        ("strides=4", (4,)),
        ("strides=[]", ()),
    ],
)
def test_a_value_gets_the_type_that_the_spec_declares(argument, value):
    (given,) = resolved(f"mine[{argument}]").values()
    assert given == value
    assert type(given) is type(value)


def test_only_what_is_given_is_resolved():
    assert resolved("mine[width=8]") == {"width": 8}


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (
            "widht=32",
            "method 'mine' has no parameter 'widht'; did you mean 'width'? "
            "it has limit, network, rate, residual, share, strides, width",
        ),
        ("width=a", "method 'mine': parameter 'width' must be a whole number, not 'a'"),
        ("width=1.5", "method 'mine': parameter 'width' must be a whole number, not '1.5'"),
        ("width=0", "method 'mine': parameter 'width' must be at least 1, not 0"),
        ("width=none", "method 'mine': parameter 'width' must be a whole number, not 'none'"),
        ("width=[1,2]", "method 'mine': parameter 'width' takes one value, not a list of 2"),
        ("rate=fast", "method 'mine': parameter 'rate' must be a number, not 'fast'"),
        ("rate=nan", "method 'mine': parameter 'rate' must be a number, not 'nan'"),
        ("residual=1", "method 'mine': parameter 'residual' must be true or false, not '1'"),
        (
            "network=nafnt",
            "method 'mine': parameter 'network' must be one of unet, nafnet, not 'nafnt'; "
            "did you mean 'nafnet'?",
        ),
        ("share=-1", "method 'mine': parameter 'share' must be at least 0, not -1"),
        ("share=1.5", "method 'mine': parameter 'share' must be at most 1, not 1.5"),
        ("strides=[2,0]", "method 'mine': parameter 'strides' must be at least 1, not 0"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line(argument, message):
    with pytest.raises(ParameterError) as error:
        resolved(f"mine[{argument}]")
    assert str(error.value) == message


def test_a_dataset_that_needs_a_root_takes_one():
    spec = DatasetSpec(name="photos", target="a:B", summary="Photos.", needs_root=True)
    arguments = parse_selector("photos[root=~/a b/c]").arguments
    given = resolve_parameters("dataset 'photos'", with_root(spec, ()), arguments)
    assert given == {"root": "~/a b/c"}


def test_a_dataset_without_a_root_takes_none():
    spec = DatasetSpec(name="made", target="a:B", summary="Made on the spot.")
    with pytest.raises(ParameterError, match="has no parameter 'root'; it has none"):
        resolve_parameters("dataset 'made'", with_root(spec, ()), [("root", "x")])


@pytest.mark.parametrize(
    "given",
    [
        {"width": 3, "rate": 1 / 3, "residual": False, "network": "unet"},
        {"limit": None, "strides": (1, 2, 3)},
        {"strides": (), "rate": math.inf},
    ],
)
def test_typed_values_survive_the_canonical_form(given):
    assert resolved(format_selector("mine", given)) == given


class Base:
    """The base of a target.

    Args:
        width: channels of every layer
            of the network, ``width`` of them.
        mode (str): how, see :func:`mine.run`.

    Returns:
        nothing: at all.
    """

    def __init__(
        self,
        data,
        channels: Channels = 3,
        width: Positive = 48,
        mode: Literal["fast", "slow"] = "fast",
        limit: Annotated[int, Minimum(2)] | None = None,
        strides: tuple[int, ...] = (5, 2),
        net: Annotated[str, Role("blind")] = "unet",
        distill: Annotated[bool, Views({True: "unpaired"})] = False,
        share: Share = 1,
        *,
        plain=0.5,
        scale: "Annotated[float, Maximum(4)]" = 2.0,
    ) -> None:
        """Make it.

        Args:
            net: a network.
            width: what the class says goes first.
        """


def by_name(target):
    return {parameter.name: parameter for parameter in parameters_of_target(target)}


@pytest.mark.parametrize(
    "parameter",
    [
        Parameter(name="channels", default=3, value_type=int, minimum=1, of_images=True),
        Parameter(
            name="width",
            default=48,
            value_type=int,
            minimum=1,
            help="channels of every layer of the network, width of them",
        ),
        Parameter(
            name="mode",
            default="fast",
            value_type=str,
            choices=("fast", "slow"),
            help="how, see mine.run",
        ),
        Parameter(name="limit", default=None, value_type=int, minimum=2),
        Parameter(name="strides", default=(5, 2), value_type=int, many=True),
        Parameter(name="net", default="unet", value_type=str, role="blind", help="a network"),
        Parameter(name="distill", default=False, value_type=bool, views={True: "unpaired"}),
        Parameter(name="share", default=1.0, value_type=float, minimum=0, maximum=1),
        Parameter(name="plain", default=0.5, value_type=float),
        Parameter(name="scale", default=2.0, value_type=float, maximum=4),
    ],
    ids=lambda parameter: parameter.name,
)
def test_a_signature_says_all_that_a_parameter_is(parameter):
    assert by_name(Base)[parameter.name] == parameter


def test_the_parameters_are_the_arguments_with_a_default_in_their_order():
    assert list(by_name(Base)) == [
        *("channels", "width", "mode", "limit", "strides", "net", "distill", "share"),
        *("plain", "scale"),
    ]


def test_a_default_is_typed_as_a_user_would_have_typed_it():
    assert type(by_name(Base)["share"].default) is float


def test_a_subclass_has_the_signature_and_the_help_of_its_base_but_for_what_it_writes_itself():
    class Inherits(Base):
        pass

    class Writes(Base):
        def __init__(self, width: int = 2, own: int = 1) -> None:
            """Make it.

            Args:
                own: a number of its own.
            """

    assert by_name(Inherits) == by_name(Base)
    assert list(by_name(Writes)) == ["width", "own"]
    assert by_name(Writes)["own"].help == "a number of its own"
    assert by_name(Writes)["width"].help == by_name(Base)["width"].help


def test_the_parameters_of_a_function_are_read_below_its_wrappers():
    def metric(denoised, clean, *, size: Positive = 7, of: list[str] = ["a"]) -> float:  # noqa: B006
        """Measure.

        Args:
            size: side in pixels.
        """

    @functools.wraps(metric)
    def wrapped(*args, **kwargs):
        return metric(*args, **kwargs)

    expected = [
        Parameter(name="size", default=7, value_type=int, minimum=1, help="side in pixels"),
        Parameter(name="of", default=("a",), value_type=str, many=True),
    ]
    assert list(parameters_of_target(metric)) == expected
    assert list(parameters_of_target(wrapped)) == expected
    partial = functools.partial(metric, size=9)
    assert {name: each.default for name, each in by_name(partial).items()} == {
        "size": 9,
        "of": ("a",),
    }
    assert by_name(partial)["size"].help == "side in pixels"


def test_an_argument_that_users_cannot_write_is_no_parameter():
    def target(
        positional=1,
        /,
        path: Path = Path(),
        either: str | int = 1,
        mixed: tuple[int, str] = (1, "a"),
        nested: tuple[tuple[int, ...], ...] = (),
        nothing=None,
        wrong: int = "text",
        wrong_list: Sequence[int] = 3,
        *args: int,
        required: int,
        **kwargs: int,
    ) -> None: ...

    assert parameters_of_target(target) == ()


@pytest.mark.parametrize("target", [object, type("Empty", (), {}), len, map])
def test_a_target_without_a_signature_has_no_parameters(target):
    assert parameters_of_target(target) == ()


def test_a_type_that_only_a_type_checker_can_read_gives_way_to_that_of_the_default():
    def target(width: "Unknown[int]" = 3, path: "Unknown" = None) -> None: ...  # noqa: F821

    assert parameters_of_target(target) == (Parameter(name="width", default=3, value_type=int),)


@pytest.mark.parametrize(("name", "of_images"), [("channels", True), ("width", False)])
def test_a_declaration_of_channels_is_set_from_the_images(name, of_images):
    parameters = (Parameter(name=name, default=3),)
    (parameter,) = declared_parameters(
        MethodSpec(name="mine", target="a:B", summary="s", parameters=parameters)
    )
    assert parameter.of_images is of_images


def test_a_dataset_that_declares_channels_has_them_from_the_user_alone():
    parameters = (Parameter(name="channels", default=3),)
    spec = DatasetSpec(name="mine", target="a:B", summary="s", parameters=parameters)
    assert declared_parameters(spec) == parameters


def test_a_spec_that_declares_nothing_leaves_it_to_the_signature():
    assert declared_parameters(MethodSpec(name="mine", target="a:B", summary="s")) is None


@pytest.mark.parametrize(
    ("values", "matters"),
    [({"kind": "a"}, False), ({"kind": "b"}, True), ({"kind": "c"}, True), ({}, False)],
)
def test_a_parameter_may_matter_with_some_values_of_another(values, matters):
    def target(kind: str = "a", width: Annotated[int, OnlyWith("kind", ("b", "c"))] = 1): ...

    _, width = parameters_of_target(target)
    assert (width.only_with, width.only_with_values) == ("kind", ("b", "c"))
    assert width.matters(values) == matters


@pytest.mark.parametrize(("value", "matters"), [(True, True), (False, False), (None, False)])
def test_a_parameter_may_matter_with_whatever_is_true(value, matters):
    def target(on: bool = True, width: Annotated[int, OnlyWith("on")] = 1): ...

    _, width = parameters_of_target(target)
    assert width.matters({"on": value}) == matters
