"""The noise of a set as a table for a terminal."""

import math
from collections.abc import Iterable, Iterator

from tabulate import tabulate

from harness_noise.profile import Correlation, NoiseProfile
from harness_noise.suggestion import Remaining

_NAMES = {1: ("grey",), 3: ("R", "G", "B")}
_NO_REFERENCE = "n/a: it needs ground truth"


def describe(profile: NoiseProfile) -> str:
    """What is known of the noise, in aligned lines."""
    first = profile.correlations[0].definition
    suggestion = profile.suggestion
    parts = [
        _plain(_facts(profile)),
        *(_correlation(each) for each in profile.correlations),
        _left(f"stride ({first})", "{}", suggestion.strides),
        _left(f"blind square ({first})", "{0}x{0}", suggestion.blinds),
        "\n  ".join(["suggestion", *suggestion.reasons()]),
    ]
    return "\n\n".join(parts)


def _facts(profile: NoiseProfile) -> Iterator[tuple[str, str]]:
    channels = profile.channels
    names = _NAMES[len(channels.mean)]
    yield "standard deviation", _by_channel(".2f", profile.std, names, channels.std)
    if profile.ground_truth:
        yield "mean", _by_channel("+.2f", profile.mean, names, channels.mean)
    else:
        yield "mean", _NO_REFERENCE
    yield (
        "clipped samples",
        f"{channels.at_black:.2%} at black, {channels.at_white:.2%} at white",
    )
    if len(names) > 1:
        pairs = [(0, 1), (0, 2), (1, 2)]
        texts = [f"{names[a]}-{names[b]} {channels.correlation[a][b]:.2f}" for a, b in pairs]
        yield "between channels", ", ".join(texts)
    yield "variance", _fit(profile)
    yield "PSNR, noisy", _NO_REFERENCE if profile.psnr is None else f"{profile.psnr:.2f} dB"
    yield "PSNR, ceiling", _ceiling(profile)


def _by_channel(
    form: str, overall: float, names: tuple[str, ...], values: tuple[float, ...]
) -> str:
    """A number over all channels and, of colour, that of each."""
    text = f"{overall:{form}} grey levels"
    if len(names) == 1:
        return text
    each = (f"{name} {value:{form}}" for name, value in zip(names, values, strict=True))
    return f"{text} ({', '.join(each)})"


def _fit(profile: NoiseProfile) -> str:
    fit = profile.poisson_gaussian
    if fit is None:
        return "too few intensities without clipping for a line"
    sign = "-" if fit.b < 0 else "+"
    return (
        f"{fit.a:.3g} x {sign} {abs(fit.b):.3g} at intensity x in [0, 1]; "
        f"the line explains {fit.explained:.0%} of its spread"
    )


def _ceiling(profile: NoiseProfile) -> str:
    if profile.ceiling is None:
        return _NO_REFERENCE
    each = [image.ceiling for image in profile.images if image.ceiling is not None]
    return (
        f"{profile.ceiling:.2f} dB ({min(each):.2f} to {max(each):.2f}) "
        "for a method that assumes noise of zero mean"
    )


def _correlation(correlation: Correlation) -> str:
    lags = range(1, len(correlation.horizontal) + 1)
    rows = [
        ("horizontal", *map(_number, correlation.horizontal)),
        ("vertical", *map(_number, correlation.vertical)),
    ]
    return _plain(rows, [f"lag ({correlation.definition})", *map(str, lags)])


def _left(header: str, form: str, remaining: tuple[Remaining, ...]) -> str:
    """The strongest correlation that each choice leaves."""
    row = ("leaves", *(_number(each.correlation) for each in remaining))
    return _plain([row], [header, *(form.format(each.choice) for each in remaining)])


def _number(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{round(value, 2) + 0.0:.2f}"  # adding 0 makes -0 plain 0


def _plain(rows: Iterable[tuple[str, ...]], headers: Iterable[str] = ()) -> str:
    return tabulate(rows, list(headers), tablefmt="plain", disable_numparse=True)
