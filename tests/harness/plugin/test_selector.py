"""The grammar of selectors."""

import pytest

from harness.errors import UsageError
from harness.plugin.selector import (
    Selector,
    format_selector,
    parse_selector,
    parse_selectors,
    selectors_in,
)


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
    "text", ["a[net=b[width=3]]", "a[net=b[part=c[x=1],width=3],other=2]", "a[net=b[sizes=[1,2]]]"]
)
def test_a_value_may_be_a_selector_itself(text):
    selector = parse_selector(text)
    assert format_selector(selector.name, dict(selector.arguments)) == text
    net = dict(selector.arguments)["net"]
    assert isinstance(net, Selector)
    assert net.name == "b"


def test_a_selector_within_a_selector_is_put_into_its_canonical_form():
    assert str(parse_selector("a[net=b[ y = 2, x=1 ]]")) == "a[net=b[x=1,y=2]]"


def test_selectors_come_as_one_text_as_several_or_parsed():
    both = [Selector("a"), Selector("b", (("x", "1"),))]
    for value in ("a,b[x=1]", ["a", "b[x=1]"], both, (both[0], "b[x=1]")):
        assert selectors_in(value) == both
    assert selectors_in("") == selectors_in(()) == []
