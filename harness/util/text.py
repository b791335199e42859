"""Words for messages: near misses, lists cut short, an exception in one line; whole numbers."""

import re
from collections.abc import Iterable, Sequence

LONGEST = 300
"""Characters of an exception's text that a message shows."""

_UNITS = ("kB", "MB", "GB", "TB")  # of bytes

_WHOLE = re.compile(r"-?[0-9]{1,18}")


def whole_number(text: str) -> int | None:
    """Read a whole number as people write it: digits 0 to 9, at most 18, perhaps a minus sign.

    ``int`` reads more than that, such as ``1_0`` and digits of other scripts, and fails in ways of
    its own on thousands of digits.

    Returns:
        The number; None if the text is none.
    """
    text = text.strip()
    return int(text) if _WHOLE.fullmatch(text) else None


def cut(text: str, longest: int = LONGEST) -> str:
    """The text; where it is very long, its beginning and an ellipsis."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Say which known names are close to a mistaken one.

    Returns:
        ``"; did you mean 'x'?"``, or an empty string if nothing is close.
    """
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), list(known), n=2)
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else ""


def some(names: Sequence[str], limit: int = 5) -> str:
    """List the first few names, and how many more there are."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def counted(number: int, noun: str) -> str:
    """A number of things in words: ``1 image``, ``2 images``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def size_text(size: float) -> str:
    """A number of bytes as people say it: ``12 kB``, ``3.4 MB``."""
    for unit in _UNITS:
        size /= 1000
        if size < 1000 or unit == _UNITS[-1]:
            break
    return f"{size:.1f} {unit}" if size < 10 else f"{size:.0f} {unit}"


def time_text(seconds: float) -> str:
    """A time in seconds, minutes or hours, whichever reads best: ``40 s``, ``3 h 20 min``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def first_line(error: BaseException) -> str:
    """The first line of an exception's text, cut where it is very long; its type if it has none."""
    line = next(iter(str(error).strip().splitlines()), "")
    return cut(line) or type(error).__name__


def one_line(error: BaseException) -> str:
    """An exception's type and the first line of its text."""
    name, line = type(error).__name__, first_line(error)
    return line if line == name else f"{name}: {line}"
