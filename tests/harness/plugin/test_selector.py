"""The grammar of selectors and the types of their arguments."""

import math

import pytest

from harness import DatasetSpec, MethodSpec, Parameter
from harness.errors import ParameterError, UsageError
from harness.plugin.selector import (
    Selector,
    format_selector,
    parse_selector,
    parse_selectors,
    resolve_parameters,
)

SPEC = MethodSpec(
    name="mine",
    target="mine:Mine",
    summary="A method.",
    parameters=(
        Parameter(name="width", default=64, minimum=1),
        Parameter(name="rate", default=1e-4),
        Parameter(name="residual", default=False),
        Parameter(name="network", default="unet", choices=("unet", "nafnet")),
        Parameter(name="limit", value_type=int),
        Parameter(name="strides", default=(5, 2), many=True, minimum=1),
    ),
)


def resolved(text):
    return resolve_parameters(SPEC, parse_selector(text).arguments)


@pytest.mark.parametrize(
    ("text", "selectors"),
    [
        ("a", [Selector("a")]),
        ("a[]", [Selector("a")]),
        ("a,b-1,c_2", [Selector("a"), Selector("b-1"), Selector("c_2")]),
        (
            "a,b[x=1,y=[2,3]],c",
            [Selector("a"), Selector("b", (("x", "1"), ("y", ("2", "3")))), Selector("c")],
        ),
        ("a[x=[]]", [Selector("a", (("x", ()),))]),
        (" a [ x = 1 ] , b ", [Selector("a", (("x", "1"),)), Selector("b")]),
        ("a[x=1e-4,y=../d:e f]", [Selector("a", (("x", "1e-4"), ("y", "../d:e f")))]),
        ("a[x='b,[=]',y=\"\"]", [Selector("a", (("x", "b,[=]"), ("y", "")))]),
        (r'a[x="b\"c\\",y=d\e]', [Selector("a", (("x", 'b"c\\'), ("y", r"d\e")))]),
    ],
)
def test_selectors_are_separated_by_commas_outside_of_brackets(text, selectors):
    assert parse_selectors(text) == selectors


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("", "a name is expected, not the end"),
        ("a,", "a name is expected, not the end"),
        (",a", "a name is expected, not ','"),
        ("a[", "a parameter is expected, not the end"),
        ("a[x", "'=' is expected, not the end"),
        ("a[x=", "a value is expected, not the end"),
        ("a[x=]", "a value is expected, not ']'"),
        ("a[x=1", "',' is expected, not the end"),
        ("a[x=1,]", "a parameter is expected, not ']'"),
        ("a[x=[[1]]]", "a value is expected, not '['"),
        ("a[x=1,x=2]", "parameter 'x' is given twice"),
        ("a[x='1]", "a quote is not closed"),
        ("a[x=1]b", "',' or '[' is expected before 'b'"),
        ("a]", "',' or '[' is expected before ']'"),
    ],
)
def test_a_text_that_breaks_the_grammar_is_refused_with_the_place(text, explanation):
    with pytest.raises(UsageError) as error:
        parse_selectors(text)
    assert str(error.value) == f"cannot read {text!r}: {explanation}"


def test_one_selector_is_not_two():
    with pytest.raises(UsageError, match="one name is expected, not 2"):
        parse_selector("a,b")


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
            "it has limit, network, rate, residual, strides, width",
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
        ("strides=[2,0]", "method 'mine': parameter 'strides' must be at least 1, not 0"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line(argument, message):
    with pytest.raises(ParameterError) as error:
        resolved(f"mine[{argument}]")
    assert str(error.value) == message


def test_a_dataset_that_needs_a_root_takes_one():
    spec = DatasetSpec(name="photos", target="a:B", summary="Photos.", needs_root=True)
    given = resolve_parameters(spec, parse_selector("photos[root=~/a b/c]").arguments)
    assert given == {"root": "~/a b/c"}


def test_a_dataset_without_a_root_takes_none():
    spec = DatasetSpec(name="made", target="a:B", summary="Made on the spot.")
    with pytest.raises(ParameterError, match="has no parameter 'root'; it has none"):
        resolve_parameters(spec, [("root", "x")])


def test_the_canonical_form_sorts_keys():
    assert (
        format_selector("mine", {"width": 32, "strides": (2, 3), "residual": True, "limit": None})
        == "mine[limit=none,residual=true,strides=[2,3],width=32]"
    )
    assert format_selector("mine", {}) == "mine"


def test_the_canonical_form_of_a_whole_number_has_no_point():
    assert format_selector("name", {"level": 15.0, "other": 2.5}) == "name[level=15,other=2.5]"


@pytest.mark.parametrize(
    "text", ["", " a ", "a,b", "[a]", "a=b", "it's", '"', "\\", 'a\\"b,', "é ∞"]
)
def test_any_text_survives_the_canonical_form(text):
    selector = parse_selector(format_selector("mine", {"path": text}))
    assert selector.arguments == (("path", text),)


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


@pytest.mark.parametrize(
    "text", ["a[net=b[width=3]]", "a[net=b[part=c[x=1],width=3],other=2]", "a[net=b[sizes=[1,2]]]"]
)
def test_a_value_may_be_a_selector_itself(text):
    selector = parse_selector(text)
    assert format_selector(selector.name, dict(selector.arguments)) == text
    net = dict(selector.arguments)["net"]
    assert parse_selector(net).name == "b"


def test_a_selector_within_a_selector_is_put_into_its_canonical_form():
    assert dict(parse_selector("a[net=b[ y = 2, x=1 ]]").arguments) == {"net": "b[x=1,y=2]"}
