"""One tree of seeds: every random draw of a run comes from its seed and what it is for."""

import hashlib


def derive_seed(seed: int, *path: str | int) -> int:
    """Derive a seed from a seed and the names of what it is for.

    Args:
        seed: that the user gave.
        path: such as the method, the fingerprint of the data, the stage, the iteration.

    Returns:
        An integer in [0, 2^63), the same on every machine.
    """
    text = "\0".join(map(str, (seed, *path)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
