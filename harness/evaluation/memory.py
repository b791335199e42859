"""Tells a lack of memory from other failures."""

import torch

_WORDS = ("can't allocate memory", "not enough memory", "bad_alloc", "could not create a primitive")
"""PyTorch's on the CPU, where the error has no type of its own; the last are oneDNN's, for a
convolution."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether it was memory that there was not enough of, of the host or of a GPU."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)
    )
