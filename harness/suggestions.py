"""Near misses, for errors about names that do not exist."""

from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Say which known names are close to a mistaken one.

    Returns:
        ``"; did you mean 'x'?"``, or an empty string if nothing is close.
    """
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), list(known), n=2)
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
