"""Reading what a docstring says of arguments."""

import inspect
import re

_HEADINGS = ("Args:", "Arguments:")
_ARGUMENT = re.compile(r"\*{0,2}(\w+(?:, \w+)*)(?: \([^)]*\))?:\s*(.*)")
_REFERENCE = re.compile(r":\w+:`[~!]?([^`]+)`")


def argument_texts(docstring: str | None) -> dict[str, str]:
    """What a docstring in Google's style says of each argument.

    Returns:
        One line by argument, without markup and without the last full stop.
    """
    lines = inspect.cleandoc(docstring or "").splitlines()
    start = next((n for n, line in enumerate(lines, 1) if line.rstrip() in _HEADINGS), len(lines))
    texts: dict[str, list[str]] = {}
    text: list[str] = []
    first_indent = 0
    for line in filter(str.strip, lines[start:]):
        indent = len(line) - len(line.lstrip())
        if not indent:  # the next section
            break
        first_indent = first_indent or indent
        named = _ARGUMENT.match(line.strip()) if indent == first_indent else None
        if named:
            text = [named[2]]
            texts |= dict.fromkeys(named[1].split(", "), text)
        else:
            text.append(line.strip())
    return {name: _plain(" ".join(filter(None, parts))) for name, parts in texts.items()}


def _plain(text: str) -> str:
    return _REFERENCE.sub(r"\1", text).replace("``", "").removesuffix(".")
