"""What a table must know of a metric."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.results.keys import UNKEYED
from harness.specs import MetricSpec


@dataclass(frozen=True, kw_only=True)
class Column:
    """A metric under one protocol: what its numbers mean, and how they are printed.

    Attributes:
        metric: selector of the metric, such as ``ssim[protocol=wang]``.
        label: such as ``PSNR``.
        protocol: the convention of the numbers; empty where there is but one.
        protocol_version: raised when the numbers of the protocol change.
        measures: ``image``: a mean over images; ``method``: one number.
        ranks: it has a direction by which methods are ranked.
        higher_is_better: that direction.
        unit: empty for none.
        decimals: how many to print.
        tolerance: the difference below which two scores count as equal; absolute where an image is
            measured, relative where the method is.
        depends_on_machine: the number is a time or a memory, which another machine changes.
    """

    metric: str
    label: str
    protocol: str
    protocol_version: int = 1
    measures: Literal["image", "method"] = "image"
    ranks: bool = field(metadata=UNKEYED, default=True)
    higher_is_better: bool
    unit: str = ""
    decimals: int
    tolerance: float
    depends_on_machine: bool = False

    @classmethod
    def of(
        cls, spec: MetricSpec, metric: str, parameters: Mapping[str, Any], mark: str = ""
    ) -> "Column":
        """The column of a metric.

        Args:
            spec: of the metric.
            metric: its selector.
            parameters: all of them, to which the protocol's name may refer.
            mark: said beside the protocol; empty for nothing.
        """
        protocol = spec.protocol.format(**parameters)
        return cls(
            metric=metric,
            label=spec.label,
            protocol=", ".join(filter(None, (protocol, mark))),
            protocol_version=spec.protocol_version,
            measures=spec.measures,
            ranks=spec.ranks,
            higher_is_better=spec.higher_is_better,
            unit=spec.unit,
            decimals=spec.decimals,
            tolerance=spec.tolerance,
            depends_on_machine=spec.depends_on_machine,
        )

    @property
    def header(self) -> str:
        """Label, unit and protocol, such as ``PSNR [dB] (8bit)``."""
        return " ".join([self.label, *self._details])

    @property
    def stacked_header(self) -> str:
        """Label with :attr:`arrow`, unit and protocol, a line each."""
        return "\n".join([f"{self.label} {self.arrow}".strip(), *self._details])

    @property
    def pointed_header(self) -> str:
        """:attr:`header` with :attr:`arrow`."""
        return f"{self.header} {self.arrow}".strip()

    @property
    def title(self) -> str:
        """Label and protocol, such as ``SSIM (skimage)``."""
        return f"{self.label} ({self.protocol})" if self.protocol else self.label

    @property
    def arrow(self) -> str:
        """Points to the better numbers; empty for those that rank nothing."""
        if not self.ranks:
            return ""
        return "↑" if self.higher_is_better else "↓"

    @property
    def is_quality(self) -> bool:
        """It says of images how well they are denoised, so that methods are ranked by it."""
        return self.measures == "image" and self.ranks

    @property
    def _details(self) -> list[str]:
        unit = [f"[{self.unit}]"] if self.unit else []
        return [*unit, f"({self.protocol})"] if self.protocol else unit

    def format(self, number: float) -> str:
        """A number with the metric's decimals."""
        return "∞" if number == math.inf else f"{number:.{self.decimals}f}"
