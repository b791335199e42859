"""Random-replacing refinement (R3): denoise mixtures of the noisy image and a first estimate."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils._python_dispatch import is_in_torch_dispatch_mode

from harness import AllocatedPeak, to_device

PIXELS_AT_ONCE = 8 * 256 * 256
"""Images are denoised together up to so many pixels: all eight passes of a block of 256x256."""

PIXELS_AT_ONCE_ON_CPU = 256 * 256
"""A CPU gains by batches of small images only: those of large ones do not fit its cache."""

GIBIBYTE = 2**30


def random_replacing_refinement(
    noisy: Tensor,
    initial: Tensor,
    denoise: Callable[[Tensor], Tensor],
    *,
    times: int = 8,
    probability: float = 0.16,
    generator: torch.Generator,
    per_channel: bool = True,
    border: int = 2,
    pixels_at_once: int | None = None,
) -> Tensor:
    r"""Refine a first estimate, in which pixel-shuffle downsampling has left aliasing.

    .. math:: \hat x = \frac{1}{T} \sum_{t=1}^{T} f(m_t \odot y + (1 - m_t) \odot e), \quad
        m_t \sim \mathrm{Bernoulli}(p)

    The estimate :math:`e` holds next to no noise, so a denoiser :math:`f` may see all pixels, not
    only every other; the noisy pixels bring back detail, and their errors average out. From AP-BSN
    (Lee, Son, Lee, CVPR 2022), with its T and p as defaults. There and in the code of LG-BPN (Wang
    et al., CVPR 2023), masks are drawn per pixel and channel; in AMSNet (Liao et al., ECCV
    2024), channels share them. The estimate itself is not averaged in.

    The images of a batch share the masks, so that the result for an image does not depend on the
    images beside it.

    Args:
        noisy: y, N x C x H x W.
        initial: e, of the same shape.
        denoise: f, maps n x C x (H + 2m) x (W + 2m) to the same shape, each image on its own.
        times: T, at least 1.
        probability: p, from 0 to 1; 0 denoises the estimate again, 1 the noisy image.
        generator: of the masks, see :func:`draw_replacements`.
        per_channel: draw masks per pixel and channel; otherwise per pixel.
        border: m, pixels of reflection put around f's input and cut from its output; fewer where
            the image has no more to reflect.
        pixels_at_once: passes are batched up to so many pixels, borders not counted, at least one
            pass; None: as the device likes it.

    Returns:
        The same shape and range.
    """
    batch, channels, height, width = noisy.shape
    if pixels_at_once is None:
        pixels_at_once = PIXELS_AT_ONCE_ON_CPU if noisy.device.type == "cpu" else PIXELS_AT_ONCE
    at_once = max(1, pixels_at_once // (batch * height * width))
    replaced = draw_replacements(
        (channels if per_channel else 1, height, width), times, probability, generator
    )
    return mean_over_passes(
        noisy,
        initial,
        replaced,
        lambda mixtures, passes: denoise(mixtures),
        batches=_in_batches(0, times, at_once),
        border=border,
    )


def draw_replacements(
    shape: tuple[int, int, int], times: int, probability: float, generator: torch.Generator
) -> Tensor:
    """Draw which values each pass takes from the noisy image.

    In the order of the passes, each in one call, on the generator's device, so that a seed means
    the same on every device. What a generator drew last is kept: methods draw the same for every
    image of a size. It is drawn again where something looks at the operations, as an export does.

    Args:
        shape: C x H x W, or 1 x H x W for masks that channels share.
        times: T, passes.
        probability: p, share of values.
        generator: of the masks.

    Returns:
        T x 1 x C x H x W, true where the noisy image is taken.
    """
    if is_in_torch_dispatch_mode() or torch.compiler.is_compiling():
        return _drawn(shape, times, probability, generator)
    wanted = (shape, times, probability, generator.get_state().numpy().tobytes())
    if wanted not in _DRAWN:
        _DRAWN.clear()
        masks = _drawn(shape, times, probability, generator)
        _DRAWN[wanted] = (masks, generator.get_state())
    masks, state = _DRAWN[wanted]
    generator.set_state(state)
    return masks


_DRAWN: dict[tuple[object, ...], tuple[Tensor, Tensor]] = {}
"""The masks that were drawn last and the generator's state after them, by what they follow from."""


def _drawn(
    shape: tuple[int, int, int], times: int, probability: float, generator: torch.Generator
) -> Tensor:
    masks = [
        torch.rand(shape, generator=generator, device=generator.device) < probability
        for _ in range(times)
    ]
    return torch.stack(masks).unsqueeze(1)


def mean_over_passes(
    noisy: Tensor,
    initial: Tensor,
    replaced: Tensor,
    denoise: Callable[[Tensor, slice], Tensor],
    *,
    batches: Iterable[slice],
    border: int = 0,
) -> Tensor:
    """Denoise mixtures whose masks are drawn, and average: what R3 does with what it drew.

    Args:
        noisy: y, N x C x H x W.
        initial: e, of the same shape.
        replaced: T x 1 x C x H x W or T x 1 x 1 x H x W, true where a pass takes y.
        denoise: f, maps the mixtures of some passes, n N x C x (H + 2m) x (W + 2m), the images of a
            pass side by side, and the passes that they belong to, to the same shape.
        batches: the passes that are denoised together, in turn; all of them once. May be decided
            as it goes, see :func:`batches_within`.
        border: m, see :func:`random_replacing_refinement`.

    Returns:
        N x C x H x W.
    """
    height, width = noisy.shape[-2:]
    below, beside = min(border, height - 1), min(border, width - 1)
    on_device = to_device(replaced, noisy.device)
    total = torch.zeros_like(noisy)
    for passes in batches:
        mixtures = torch.where(on_device[passes], noisy, initial)
        padded = F.pad(mixtures.flatten(0, 1), (beside, beside, below, below), mode="reflect")
        refined = denoise(padded, passes)[..., below : below + height, beside : beside + width]
        total += refined.reshape(mixtures.shape).sum(0)
    return total / len(replaced)


def batches_within(memory: float, times: int, device: torch.device) -> Iterator[slice]:
    """Batch passes as memory allows: the first is alone and measured, the others follow from it.

    On a CPU they stay alone: batches of large images only take memory there.

    Args:
        memory: GiB that a batch may take beside what is allocated when the first pass begins, such
            as the weights; at least one pass is made at a time.
        times: T, passes.
        device: that they run on.

    Yields:
        The passes to be made next, before the next ones are asked for.
    """
    if device.type != "cuda":
        yield from _in_batches(0, times, 1)
        return
    before = torch.cuda.memory_allocated(device)
    with AllocatedPeak(device) as peak:
        yield slice(0, 1)
    for_one = max(1, peak.bytes - before)
    yield from _in_batches(1, times, max(1, int(memory * GIBIBYTE / for_one)))


def _in_batches(first: int, times: int, at_once: int) -> Iterator[slice]:
    for start in range(first, times, at_once):
        yield slice(start, min(start + at_once, times))
