"""The grammar in which users name plugins: ``name[key=value,key=[value,value]],name``.

A value may be a selector itself: ``method[network=mine[width=32]]``. Any other value that holds one
of the characters ``, = [ ]`` stands in single or double quotes; within quotes, a backslash takes
the meaning from a quote or a backslash.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union

from harness.errors import UsageError
from harness.specs import Value
from harness.util.text import cut

Argument = Union[str, tuple[str, ...], "Selector"]
"""A value as text, a list of them, or a selector."""

_PUNCTUATION = ",=[]"
_QUOTES = "'\""


@dataclass(frozen=True)
class Selector:
    """A name with arguments, not yet checked against parameters.

    Attributes:
        name: of a plugin.
        arguments: pairs of key and value, in the order given.
    """

    name: str
    arguments: tuple[tuple[str, Argument], ...] = ()

    def __str__(self) -> str:
        return format_selector(self.name, dict(self.arguments))


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
    try:
        return _Parser(text).selectors()
    except RecursionError:
        raise UsageError(f"cannot read {cut(text)!r}: brackets nest too deeply") from None


def selectors_in(value: str | Iterable[str | Selector]) -> list[Selector]:
    """The selectors of a text, of texts, or of a mixture of texts and selectors; may be none.

    Raises:
        UsageError: a text breaks the grammar.
    """
    if isinstance(value, str):
        return parse_selectors(value) if value.strip() else []
    return [
        selector
        for each in value
        for selector in ([each] if isinstance(each, Selector) else selectors_in(each))
    ]


def format_selector(name: str, given: Mapping[str, Any]) -> str:
    """Write a selector in its one canonical form: keys sorted, quotes only where needed."""
    if not given:
        return name
    return f"{name}[{','.join(f'{key}={format_value(given[key])}' for key in sorted(given))}]"


def format_value(value: Value | Selector) -> str:
    """Write a value as it can be typed in a selector."""
    if isinstance(value, Selector):
        return str(value)
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
        return Selector(word, self._arguments())

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
        return UsageError(f"cannot read {cut(self._text)!r}: {explanation}")
