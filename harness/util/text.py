"""Words for messages: near misses, lists cut short, an exception in one line."""

from collections.abc import Iterable, Sequence

LONGEST = 300
"""Characters of an exception's text that a message shows."""


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


def first_line(error: BaseException) -> str:
    """The first line of an exception's text, cut where it is very long; its type if it has none."""
    line = next(iter(str(error).strip().splitlines()), "")
    if len(line) > LONGEST:
        line = f"{line[:LONGEST]}…"
    return line or type(error).__name__


def one_line(error: BaseException) -> str:
    """An exception's type and the first line of its text."""
    name, line = type(error).__name__, first_line(error)
    return line if line == name else f"{name}: {line}"
