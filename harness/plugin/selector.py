"""The grammar in which users name plugins: ``name[key=value,key=[value,value]],name``.

A value may be a selector itself: ``method[network=unet[width=32]]``. Any other value that holds one
of the characters ``, = [ ]`` stands in single or double quotes; within quotes, a backslash takes
the meaning from a quote or a backslash.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.errors import ParameterError, UsageError
from harness.specs import DatasetSpec, Parameter, Spec, Value
from harness.util.text import did_you_mean

Argument = str | tuple[str, ...]
"""A value as text, or a list of them."""

_PUNCTUATION = ",=[]"
_QUOTES = "'\""
_WORDS = {
    "true": True,
    "yes": True,
    "on": True,
    "false": False,
    "no": False,
    "off": False,
}
_ROOT = Parameter(name="root", value_type=str, help="folder with its files")


@dataclass(frozen=True)
class Selector:
    """A name with arguments, not yet checked against a spec.

    Attributes:
        name: of a plugin.
        arguments: pairs of key and value, in the order given.
    """

    name: str
    arguments: tuple[tuple[str, Argument], ...] = ()


def parse_selector(text: str) -> Selector:
    """Parse one selector.

    Raises:
        UsageError: the text is not exactly one selector.
    """
    selectors = parse_selectors(text)
    if len(selectors) != 1:
        raise UsageError(f"cannot read {text!r}: one name is expected, not {len(selectors)}")
    return selectors[0]


def parse_selectors(text: str) -> list[Selector]:
    """Parse selectors separated by commas.

    Raises:
        UsageError: the text breaks the grammar; says where.
    """
    return _Parser(text).selectors()


def resolve_parameters(spec: Spec, arguments: Iterable[tuple[str, Argument]]) -> dict[str, Value]:
    """Give arguments the types that a spec declares.

    Args:
        spec: what declares the parameters; a dataset that needs a root takes ``root`` besides.
        arguments: as parsed.

    Returns:
        The arguments given, and no others.

    Raises:
        ParameterError: a key is unknown, or a value has the wrong type or is out of range.
    """
    known = {parameter.name: parameter for parameter in parameters_of(spec)}
    values = {}
    for key, argument in arguments:
        if key not in known:
            raise ParameterError(
                f"{spec.kind} {spec.name!r} has no parameter {key!r}"
                f"{did_you_mean(key, known) or ';'} it has {', '.join(sorted(known)) or 'none'}"
            )
        try:
            values[key] = _typed(known[key], argument)
        except ValueError as error:
            raise ParameterError(f"{spec.kind} {spec.name!r}: parameter {key!r} {error}") from None
    return values


def parameters_of(spec: Spec) -> tuple[Parameter, ...]:
    """The parameters that users can set: those declared, and the root of a dataset's files."""
    declared = {parameter.name for parameter in spec.parameters}
    if isinstance(spec, DatasetSpec) and spec.needs_root and _ROOT.name not in declared:
        return (*spec.parameters, _ROOT)
    return spec.parameters


def type_of(parameter: Parameter) -> type | None:
    """The type of a parameter's values, or of their items if there are many; None: unknown."""
    if parameter.value_type is not None:
        return parameter.value_type
    default = parameter.default
    if isinstance(default, tuple):
        default = default[0] if default else None
    return None if default is None else type(default)


def format_selector(name: str, given: Mapping[str, Value]) -> str:
    """Write a selector in its one canonical form: keys sorted, quotes only where needed."""
    if not given:
        return name
    return f"{name}[{','.join(f'{key}={format_value(given[key])}' for key in sorted(given))}]"


def format_value(value: Value) -> str:
    """Write a value as it can be typed in a selector."""
    if isinstance(value, (tuple, list)):
        return f"[{','.join(map(format_value, value))}]"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).removesuffix(".0") if isinstance(value, float) else str(value)
    if text and text == text.strip() and not set(text) & {*_PUNCTUATION, *_QUOTES}:
        return text
    if _is_selector(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_selector(text: str) -> bool:
    """Whether a text is the canonical form of a selector with arguments."""
    try:
        selector = parse_selector(text)
    except UsageError:
        return False
    return bool(selector.arguments) and text == format_selector(
        selector.name, dict(selector.arguments)
    )


def _typed(parameter: Parameter, argument: Argument) -> Value:
    """The value of an argument; raises ValueError with the end of a sentence."""
    if parameter.many:
        items = (argument,) if isinstance(argument, str) else argument
        return tuple(_typed_item(parameter, item) for item in items)
    if isinstance(argument, tuple):
        raise ValueError(f"takes one value, not a list of {len(argument)}")
    if parameter.default is None and argument.lower() == "none":
        return None
    return _typed_item(parameter, argument)


def _typed_item(parameter: Parameter, text: str) -> Value:
    value = _converted(type_of(parameter) or str, text)
    if parameter.choices and value not in parameter.choices:
        close = did_you_mean(text, map(format_value, parameter.choices))
        choices = ", ".join(map(format_value, parameter.choices))
        raise ValueError(f"must be one of {choices}, not {text!r}{close}")
    if (
        parameter.minimum is not None
        and isinstance(value, (int, float))
        and value < parameter.minimum
    ):
        raise ValueError(f"must be at least {parameter.minimum:g}, not {text}")
    return value


def _converted(value_type: type, text: str) -> Value:
    if value_type is str:
        return text
    if value_type is bool:
        if text.lower() not in _WORDS:
            raise ValueError(f"must be true or false, not {text!r}")
        return _WORDS[text.lower()]
    try:
        number = int(text) if value_type is int else float(text)
    except ValueError:
        kind = "a whole number" if value_type is int else "a number"
        raise ValueError(f"must be {kind}, not {text!r}") from None
    if math.isnan(number):
        raise ValueError(f"must be a number, not {text!r}")
    return number


@dataclass(frozen=True)
class _Token:
    """A punctuation character, or a word with its quotes removed."""

    text: str
    is_word: bool

    def __str__(self) -> str:
        return repr(self.text) if self.text else "the end"


_END = _Token("", is_word=False)


class _Parser:
    """A recursive-descent parser with one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._tokenize()
        self._next = next(self._tokens)

    def selectors(self) -> list[Selector]:
        selectors = [self._selector()]
        while self._accept(","):
            selectors.append(self._selector())
        if self._next is not _END:
            raise self._error(f"',' or '[' is expected before {self._next}")
        return selectors

    def _selector(self) -> Selector:
        name = self._word("a name")
        return Selector(name, self._arguments() if self._accept("[") else ())

    def _arguments(self) -> tuple[tuple[str, Argument], ...]:
        arguments: dict[str, Argument] = {}
        while not self._accept("]"):
            if arguments:
                self._expect(",")
            key = self._word("a parameter")
            self._expect("=")
            if key in arguments:
                raise self._error(f"parameter {key!r} is given twice")
            arguments[key] = self._value()
        return tuple(arguments.items())

    def _value(self) -> Argument:
        if self._accept("["):
            return self._list()
        word = self._word("a value")
        if not self._accept("["):
            return word
        return format_selector(word, dict(self._arguments()))  # a selector within a selector

    def _list(self) -> tuple[str, ...]:
        items: list[str] = []
        while not self._accept("]"):
            if items:
                self._expect(",")
            items.append(self._word("a value"))
        return tuple(items)

    def _accept(self, punctuation: str) -> bool:
        if self._next.is_word or self._next.text != punctuation:
            return False
        self._next = next(self._tokens, _END)
        return True

    def _expect(self, punctuation: str) -> None:
        if not self._accept(punctuation):
            raise self._error(f"{punctuation!r} is expected, not {self._next}")

    def _word(self, meaning: str) -> str:
        word = self._next
        if not word.is_word:
            raise self._error(f"{meaning} is expected, not {word}")
        self._next = next(self._tokens, _END)
        return word.text

    def _tokenize(self) -> Iterator[_Token]:
        position = 0
        while position < len(self._text):
            character = self._text[position]
            if character in _PUNCTUATION:
                yield _Token(character, is_word=False)
                position += 1
            elif character in _QUOTES:
                word, position = self._quoted(position)
                yield _Token(word, is_word=True)
            elif character.isspace():
                position += 1
            else:
                end = position
                while end < len(self._text) and self._text[end] not in _PUNCTUATION + _QUOTES:
                    end += 1
                yield _Token(self._text[position:end].strip(), is_word=True)
                position = end
        yield _END

    def _quoted(self, start: int) -> tuple[str, int]:
        """The word between quotes that starts at ``start``, and where the text goes on."""
        word = ""
        position = start + 1
        while position < len(self._text) and self._text[position] != self._text[start]:
            if self._text[position] == "\\" and self._text[position + 1 : position + 2] in (
                "'",
                '"',
                "\\",
            ):
                position += 1
            word += self._text[position]
            position += 1
        if position == len(self._text):
            raise self._error("a quote is not closed")
        return word, position + 1

    def _error(self, explanation: str) -> UsageError:
        return UsageError(f"cannot read {self._text!r}: {explanation}")
