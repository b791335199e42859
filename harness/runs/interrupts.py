"""Signals to the process of a run, while it does what must not be cut short."""

import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any


def undisturbed() -> AbstractContextManager[None]:
    """Ignore Ctrl-C for a while."""
    return _handling(signal.SIGINT, signal.SIG_IGN)


def ended_like_ctrl_c() -> AbstractContextManager[None]:
    """Take a request to end for Ctrl-C for a while."""
    return _handling(signal.SIGTERM, signal.default_int_handler)


@contextmanager
def _handling(signum: signal.Signals, handler: Any) -> Iterator[None]:
    """Handle a signal in another way for a while."""
    try:
        before = signal.signal(signum, handler)
    except ValueError:  # not the main thread, which alone gets signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signum, before)
