"""What a method or network claims not to see, in the words of its spec: ``9x9``, ``lattice 6``."""

import re
from dataclasses import dataclass
from typing import Literal

from harness.errors import PluginError

FORMS = "'9x9', 'diamond 4' or 'lattice 6', perhaps with 'stride 5' and 'leak 1e-4' behind it"
"""What a claim may look like, for messages."""

_CLAIM = re.compile(
    r"(?:(?P<square>[0-9]+)x(?P=square)|diamond (?P<diamond>[0-9]+)|lattice (?P<lattice>[0-9]+))"
    r"(?: stride (?P<stride>[0-9]+))?(?: leak (?P<leak>[0-9.]+(?:e-?[0-9]+)?))?"
)

_FIELD = re.compile(r"\{\w+\}")

Shape = Literal["square", "diamond", "lattice"]


@dataclass(frozen=True)
class Claim:
    r"""The offsets from its place that an output pixel claims not to depend on.

    .. math:: \max(|r|, |c|) \le \lfloor k / 2 \rfloor, \quad |r| + |c| \le k, \quad
        k \mid r \text{ and } k \mid c

    for a square, a diamond and a lattice. With a stride s they count in pixels of a sub-image, of
    every s-th row and column, and what lies between the pixel and its neighbours there is hidden,
    too.

    Attributes:
        text: as the spec has it, such as ``9x9``.
        shape: ``square``, ``diamond`` or ``lattice``.
        size: k, the side of the square, the radius of the diamond, the step of the lattice.
        stride: s, of the sub-images; 1 for none.
        leak: the influence of a hidden pixel that is conceded, over the largest of any pixel.
    """

    text: str
    shape: Shape
    size: int
    stride: int = 1
    leak: float = 0.0

    def hides(self, rows: int, columns: int) -> bool:
        """Whether the pixel so many rows and columns away is claimed to be hidden."""
        rows, columns = abs(rows), abs(columns)
        if rows % self.stride or columns % self.stride:
            return max(rows, columns) < self.stride
        rows, columns = rows // self.stride, columns // self.stride
        if self.shape == "square":
            return max(rows, columns) <= self.size // 2
        if self.shape == "diamond":
            return rows + columns <= self.size
        return rows % self.size == 0 and columns % self.size == 0


def parse_claim(text: str) -> Claim:
    """Read a claim.

    Args:
        text: a square, ``NxN`` with N odd; ``diamond N``; or ``lattice N``. Then perhaps
            ``stride N``, and ``leak SHARE``.

    Raises:
        PluginError: it is none; says which there are.
    """
    match = _CLAIM.fullmatch(text)
    found = match.groupdict() if match else {}
    shapes: tuple[Shape, ...] = ("square", "diamond", "lattice")
    for shape in shapes:
        if not found.get(shape):
            continue
        claim = Claim(
            text=text,
            shape=shape,
            size=int(found[shape]),
            stride=int(found["stride"] or 1),
            leak=float(found["leak"] or 0),
        )
        least = 0 if shape == "diamond" else 1
        if claim.size < least or claim.stride < 1 or (shape == "square" and claim.size % 2 == 0):
            break
        return claim
    raise PluginError(f"claims to be blind to {text!r}; a claim is {FORMS}, with odd squares")


def names_in(text: str) -> set[str]:
    """The parameters that a claim refers to in braces."""
    return {name[1:-1] for name in _FIELD.findall(text)}


def filled_in(text: str) -> str:
    """A claim with ones in the place of parameters, to see whether its form is right."""
    if _FIELD.fullmatch(text):  # the claim of a network, which stands with the network
        return "1x1"
    return _FIELD.sub("1", text)
