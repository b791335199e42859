"""How much of the machine's memory a process may count on."""

import os

MEMORY_SHARE = "HARNESS_MEMORY_SHARE"
"""Environment variable of a job beside others: its part of the memory, in (0, 1]."""


def memory_share() -> float:
    """The part of the machine's memory that is for this process; 1 where none is beside it."""
    return float(os.environ.get(MEMORY_SHARE, "1"))
