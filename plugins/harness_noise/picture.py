"""The noise of a set as a picture: its correlation maps, correlation by lag, and its strength."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness import write_with
from harness_noise.profile import Correlation, NoiseProfile
from harness_noise.suggestion import Suggestion

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINEAR = 0.01  # correlations below it are drawn on a linear scale, those above on a logarithmic
_MOST_NUMBERED = 12  # of the radius; numbers in larger maps cannot be read
_BLUE, _ORANGE, _GREEN = "#0072B2", "#D55E00", "#009E73"  # told apart by all (Okabe and Ito, 2008)


def write_picture(path: Path, profile: NoiseProfile, title: str) -> None:
    """Draw a profile as a PNG, atomically.

    Args:
        path: file to write.
        profile: the noise to draw; its first map carries the suggested blind neighbourhood.
        title: such as the dataset and the number of its images.
    """
    figure = draw(profile, title)
    write_with(path, lambda temporary: figure.savefig(temporary, format="png", dpi=130))


def draw(profile: NoiseProfile, title: str) -> "Figure":
    """Draw the maps, and below or beside them the lags and the strength by intensity."""
    from matplotlib.figure import Figure  # and not pyplot, which keeps figures and asks for screens

    figure = Figure(figsize=(15, 13 if len(profile.correlations) > 1 else 9), layout="constrained")
    figure.suptitle(title, fontsize=15)
    if len(profile.correlations) > 1:
        axes = figure.subplot_mosaic([["0", "1"], ["lags", "level"]], height_ratios=[3, 2])
    else:
        axes = figure.subplot_mosaic([["0", "lags"], ["0", "level"]], width_ratios=[3, 2])
    for index, correlation in enumerate(profile.correlations):
        _draw_map(axes[str(index)], correlation, profile.suggestion if index == 0 else None)
    _draw_lags(axes["lags"], profile)
    _draw_level(axes["level"], profile)
    return figure


def _draw_map(axes: "Axes", correlation: Correlation, suggestion: Suggestion | None) -> None:
    from matplotlib.colors import SymLogNorm

    values = correlation.array
    radius = len(values) // 2
    edge = radius + 0.5
    norm = SymLogNorm(_LINEAR, linscale=0.5, vmin=-1, vmax=1)
    image = axes.imshow(values, "RdBu_r", norm=norm, extent=(-edge, edge, edge, -edge))
    ticks = [-1, -0.1, -0.01, 0, 0.01, 0.1, 1]
    bar = axes.figure.colorbar(image, ax=axes, ticks=ticks, shrink=0.8, pad=0.02)
    bar.ax.set_yticklabels([f"{tick:g}" for tick in ticks])
    bar.ax.minorticks_off()
    bar.set_label(f"correlation (linear below {_LINEAR:g}, logarithmic above)")
    if radius <= _MOST_NUMBERED:
        _write_numbers(axes, values)
    title = f"correlation map, {correlation.definition}"
    if suggestion and suggestion.blind:
        _outline(axes, suggestion.blind)
        side = f"{suggestion.blind}x{suggestion.blind}"
        title += f"\nframe: {side}, none outside is above {suggestion.threshold:g}"
    elif suggestion:
        title += f"\nno frame: at the border there is more than {suggestion.threshold:g}"
    steps = radius // 2 * 2
    axes.set_xticks(range(-steps, steps + 1, 2))
    axes.set_yticks(range(-steps, steps + 1, 2))
    axes.set(xlabel="pixels to the right", ylabel="pixels down", title=title)


def _write_numbers(axes: "Axes", values: NDArray[np.float64]) -> None:
    """Write into its cell every correlation that two decimals can show, as ".46"."""
    radius = len(values) // 2
    for (row, column), value in np.ndenumerate(values):
        if round(abs(value), 2) > 0:  # not so for NaN
            axes.text(
                column - radius,
                row - radius,
                "1" if value > 0.995 else f"{value:.2f}".replace("0.", "."),
                ha="center",
                va="center",
                fontsize=6.5,
                color="white" if abs(value) > 0.3 else "black",
            )


def _outline(axes: "Axes", side: int) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((-side / 2, -side / 2), side, side, fill=False, linewidth=2))


def _draw_lags(axes: "Axes", profile: NoiseProfile) -> None:
    threshold = profile.suggestion.threshold
    styles = {"pooled": "-", "rgb-direction": ":"}
    for correlation in profile.correlations:
        for values, name, colour, marker in (
            (correlation.horizontal, "horizontal", _BLUE, "o"),
            (correlation.vertical, "vertical", _ORANGE, "s"),
        ):
            axes.plot(
                range(1, len(values) + 1),
                values,
                color=colour,
                marker=marker,
                linestyle=styles[correlation.definition],
                markerfacecolor=colour if correlation.definition == "pooled" else "white",
                label=f"{name}, {correlation.definition}",
            )
    axes.axhspan(-threshold, threshold, color="0.85", label=f"threshold {threshold:g}")
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set(xlabel="lag in pixels", ylabel="correlation", title="correlation by lag")
    axes.set_xticks(range(1, len(profile.correlations[0].horizontal) + 1))
    _finish(axes)


def _draw_level(axes: "Axes", profile: NoiseProfile) -> None:
    bins = profile.intensity
    intensity = np.array([each.intensity for each in bins])
    axes.plot(intensity, [each.std for each in bins], "o", color=_BLUE, label="standard deviation")
    axes.plot(intensity, [each.mean for each in bins], "s", color=_ORANGE, label="mean")
    if fit := profile.poisson_gaussian:
        across = np.linspace(intensity.min(), intensity.max(), 256)
        label = f"√(a x + b), a = {fit.a:.2g}, b = {fit.b:.2g}, explains {fit.explained:.0%}"
        axes.plot(across, fit.std(across), color=_GREEN, label=label)
    axes.axhline(0, color="black", linewidth=0.8)
    of, what = ("clean", "noise") if profile.ground_truth else ("denoised", "residual")
    axes.set(xlim=(0, 255), xlabel=f"{of} intensity", ylabel=f"{what} in grey levels")
    axes.set_title(f"{what} by intensity")
    _finish(axes)


def _finish(axes: "Axes") -> None:
    """Add the grid, and the legend below the plot, where it hides nothing."""
    axes.grid(alpha=0.3)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False)
