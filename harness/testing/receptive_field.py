"""The receptive field of a function from images to images, measured by gradients."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import gcd
from typing import Literal

import torch
from torch import Tensor, nn

from harness.errors import HarnessError

EXACT = 1e-12
"""Rounding in double precision: influences up to this share of the largest count as none."""

SMALL = 1e-3
"""Influences up to this share of the largest count as a leak, and above it as sight."""

PHASES = ((0, 0), (0, 1), (1, 0), (1, 1), (2, 3), (3, 2), (5, 7), (7, 4))
"""Rows and columns from the middle at which a pixel is measured: poolings and strides differ."""

IMAGES = 2
"""Images of a batch: what one of them shows of the other is a statistic of the batch."""

Function = Callable[[Tensor], Tensor]

Place = tuple[int, int]


class NoGradientError(HarnessError):
    """A function computes something outside of torch, so nothing can be measured."""


@dataclass(frozen=True)
class Patch:
    """The largest square or diamond around a pixel in which nothing is seen.

    Attributes:
        shape: ``square`` or ``diamond``.
        radius: in pixels; of a diamond, in rows plus columns.
    """

    shape: Literal["square", "diamond"]
    radius: int

    def __str__(self) -> str:
        side = 2 * self.radius + 1
        return f"{side}x{side}" if self.shape == "square" else f"diamond {self.radius}"


@dataclass(frozen=True)
class ReceptiveField:
    r"""What an output pixel depends on, over several phases.

    .. math:: s(d) = \max_p \frac{I_p(p + d)}{\max_q I_p(q)}

    with the influences :math:`I_p` of :func:`influence`.

    Attributes:
        by_phase: P x (2R + 1) x (2R + 1), shares of the largest influence by offset, at each phase.
        phases: P rows and columns of the pixels measured.
        beyond: the largest share of a pixel further away than R.
        others: the largest share of a pixel of another image of the batch.
    """

    by_phase: Tensor
    phases: tuple[Place, ...]
    beyond: float = 0.0
    others: float = 0.0

    @cached_property
    def seen(self) -> Tensor:
        """The largest share at any phase, (2R + 1) x (2R + 1)."""
        return self.by_phase.amax(0)

    @property
    def radius(self) -> int:
        """R, how far away pixels are told apart."""
        return self.by_phase.shape[-1] // 2

    @cached_property
    def patch(self) -> Patch | None:
        """The largest patch with nothing but a leak in it; None: the pixel itself is seen."""
        square, diamond = self._nearest(self.rings), self._nearest(self.diamonds)
        if square < 0:
            return None
        if (2 * square + 1) ** 2 >= 2 * diamond**2 + 2 * diamond + 1:
            return Patch("square", square)
        return Patch("diamond", diamond)

    @property
    def leak(self) -> float:
        """The largest share of a pixel in the patch; 0 where it is exactly blind."""
        if self.patch is None:
            return 0.0
        distances = self.rings if self.patch.shape == "square" else self.diamonds
        share = float(self.seen[distances <= self.patch.radius].max())
        return share if share > EXACT else 0.0

    @cached_property
    def step(self) -> int:
        """Every how many rows and columns a pixel is seen: the stride of sub-images."""
        return max(1, gcd(*(distance for offset in self._offsets() for distance in offset)))

    @cached_property
    def lattice(self) -> int | None:
        """The step, in rows and columns, of the finest lattice of blind pixels among seen ones."""
        if self.patch is None:
            return None
        blind = self.seen <= max(EXACT, self.leak)
        furthest = max((max(offset) for offset in self._offsets()), default=0)
        for step in range(2 * self.step, min(furthest, self.radius - self.step) + 1, self.step):
            first = self.radius % step
            if blind[first::step, first::step].all() and self._surrounded(blind, step):
                return step
        return None

    @property
    def reach(self) -> int | None:
        """How many rows or columns away the furthest pixel is seen; None: beyond R."""
        if self.beyond > 0:
            return None
        return int(self.rings[self.seen > 0].max()) if bool((self.seen > 0).any()) else 0

    @property
    def sees_all(self) -> bool:
        """Whether all pixels at the distance R are seen: by a statistic, or by deep poolings."""
        return bool((self.seen[self.rings == self.radius] > EXACT).all())

    @cached_property
    def rings(self) -> Tensor:
        """The larger of rows and columns from the middle, (2R + 1) x (2R + 1)."""
        return torch.maximum(*self._distances())

    @cached_property
    def diamonds(self) -> Tensor:
        """Rows plus columns from the middle."""
        rows, columns = self._distances()
        return rows + columns

    def joined(self, other: "ReceptiveField") -> "ReceptiveField":
        """What is seen in either of two measurements, such as with other weights."""
        radius = min(self.radius, other.radius)
        fields = [field.cropped(radius) for field in (self, other)]
        maps = [field.by_phase for field in fields]
        same = self.phases == other.phases
        return ReceptiveField(
            torch.maximum(*maps) if same else torch.cat(maps),
            self.phases if same else self.phases + other.phases,
            beyond=max(field.beyond for field in fields),
            others=max(field.others for field in fields),
        )

    def cropped(self, radius: int) -> "ReceptiveField":
        """The same with pixels told apart no further away than a radius."""
        outside = self.seen[self.rings > radius]
        near = slice(self.radius - radius, self.radius + radius + 1)
        return ReceptiveField(
            self.by_phase[:, near, near],
            self.phases,
            beyond=max(self.beyond, float(outside.max()) if len(outside) else 0.0),
            others=self.others,
        )

    def _distances(self) -> tuple[Tensor, Tensor]:
        away = (torch.arange(2 * self.radius + 1) - self.radius).abs()
        rows, columns = torch.meshgrid(away, away, indexing="ij")
        return rows, columns

    def _surrounded(self, blind: Tensor, step: int) -> bool:
        """Whether what lies before and behind the nearest lattice points of the axes is seen."""
        around = [
            self.radius + sign * step + aside
            for sign in (-1, 1)
            for aside in (-self.step, self.step)
        ]
        return not bool(blind[around, self.radius].any() or blind[self.radius, around].any())

    def _nearest(self, distances: Tensor) -> int:
        """The largest distance at which, and within which, nothing but a leak is seen."""
        seen = distances[self.seen > SMALL]
        return int(seen.min()) - 1 if len(seen) else self.radius

    def _offsets(self) -> list[tuple[int, int]]:
        """Rows and columns to the pixels that are seen, without their signs."""
        middle = torch.tensor([self.radius, self.radius])
        found = ((self.seen > SMALL).nonzero() - middle).abs().tolist()
        return sorted({(row, column) for row, column in found})


def influence(function: Function, shape: Sequence[int], place: Place | None = None) -> Tensor:
    r"""Measure how far one output pixel depends on every input pixel, in double precision.

    .. math:: I_q = \sum_c \left| \frac{\partial}{\partial y_{c,q}} \sum_k m_k f_k(y)_p \right|

    for a noisy image y of uniform noise and a random mix m of the channels of the pixel p.

    Args:
        function: f, from N x C x H x W to N x C' x H x W.
        shape: N, C, H, W; the first image is measured.
        place: row and column of p; None: those in the middle.

    Returns:
        H x W, double precision.
    """
    return influences(function, shape, [place or (shape[2] // 2, shape[3] // 2)])[0, 0]


def influences(function: Function, shape: Sequence[int], places: Sequence[Place]) -> Tensor:
    """Measure several pixels of the first image, and what they see of the other images.

    Args:
        function: as of :func:`influence`.
        shape: N, C, H, W.
        places: P rows and columns of output pixels.

    Returns:
        P x N x H x W, double precision.

    Raises:
        NoGradientError: the output has no gradient.
    """
    generator = torch.Generator().manual_seed(0)
    noisy = torch.rand(tuple(shape), generator=generator, dtype=torch.float64, requires_grad=True)
    with gradients_or_error():
        output = function(noisy)
    if not output.requires_grad:
        raise NoGradientError("its output has no gradient: it is computed outside of torch")
    mix = torch.rand(output.shape[1], generator=generator, dtype=torch.float64)
    found = []
    for row, column in places:
        pixel = output[0, :, row, column].double()
        (gradient,) = torch.autograd.grad(pixel @ mix, noisy, retain_graph=True)
        found.append(gradient.abs().sum(1))
    return torch.stack(found)


@contextmanager
def gradients_or_error() -> Iterator[None]:
    """Say in a word what torch says where a tensor with a gradient leaves it.

    Raises:
        NoGradientError: it did.
    """
    try:
        with torch.enable_grad():
            yield
    except RuntimeError as error:
        if "requires grad" not in str(error):
            raise
        raise NoGradientError(
            "it computes outside of torch, where there are no gradients"
        ) from error


def field_of(found: Tensor, places: Sequence[Place]) -> ReceptiveField:
    """Bring the influences of several pixels together, each around its pixel.

    Args:
        found: P x N x H x W, of pixels of the first image.
        places: P rows and columns of them.

    Raises:
        NoGradientError: a gradient is no finite number.
    """
    if not found.isfinite().all():
        raise NoGradientError("its gradients are no finite numbers")
    height, width = found.shape[-2:]
    radius = min(min(r, c, height - 1 - r, width - 1 - c) for r, c in places)
    around, beyond, others = [], 0.0, 0.0
    for (row, column), maps in zip(places, found, strict=True):
        shares = maps / maps.max().clamp(min=torch.finfo(maps.dtype).tiny)
        rows, columns = (slice(at - radius, at + radius + 1) for at in (row, column))
        around.append(shares[0, rows, columns].clone())
        others = max(others, float(shares[1:].max()) if len(shares) > 1 else 0.0)
        shares[0, rows, columns] = 0
        beyond = max(beyond, float(shares[0].max()))
    return ReceptiveField(torch.stack(around), tuple(places), beyond, others)


def receptive_field(
    function: Function, side: int, *, channels: int = 3, images: int = IMAGES
) -> ReceptiveField:
    """Measure the receptive field of a function from images to images, at several phases.

    A module is measured with the weights and in the mode that it has; see
    :func:`harness.testing.blindness.field_of_network` for what it can see with any weights.

    Args:
        function: maps N x C x side x side to the same shape; in double precision.
        side: of the square images.
        channels: of the images.
        images: of the batch.

    Raises:
        NoGradientError: its output has no gradient.
    """
    places = places_in(side)
    return field_of(influences(function, (images, channels, side, side), places), places)


def places_in(side: int) -> list[Place]:
    """The pixels that are measured in a square image: near its middle, at several phases."""
    middle, near = side // 2, side // 6
    return [(middle + r, middle + c) for r, c in PHASES if max(r, c) <= near]


def reach_of(influence: Tensor) -> int:
    """Read from an influence map, H x W, how many pixels to each side its middle depends on."""
    middle = torch.tensor([side // 2 for side in influence.shape])
    return int((influence.nonzero() - middle).abs().max())


@torch.no_grad()
def wake(module: nn.Module, gain: float = 1.0) -> None:
    r"""Draw all weights anew, positive: then no ReLU is off, nothing cancels, and no layer is dead.

    .. math:: w \sim g \, \mathcal U(1/2, 3/2) / n

    with n weights to each output; biases and scales are not multiplied by g. In a fresh module
    whole branches may be dead, because their last layer starts at zero. A small gain keeps sigmoids
    from saturating, which hides what they see; a gain of 1 carries further.

    Args:
        module: changed in place.
        gain: g.
    """
    for weight in module.parameters():
        if weight.is_floating_point():
            scale = gain / weight[0].numel() if weight.dim() > 1 else 1.0
            weight.copy_(torch.rand_like(weight).add_(0.5).mul_(scale))


def offsets_within(radius: int) -> Iterator[tuple[int, int]]:
    """All rows and columns from the middle, as they stand in a map of this radius."""
    steps = range(-radius, radius + 1)
    return product(steps, steps)
