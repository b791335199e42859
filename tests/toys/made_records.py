"""Scores for tests of what is done with records."""

from typing import Any

from harness.results.records import Score

_FIELDS: dict[str, Any] = {
    "protocol": "8bit",
    "protocol_version": 1,
    "measures": "image",
    "higher_is_better": True,
    "unit": "dB",
    "decimals": 2,
    "tolerance": 0.01,
}


def make_score(metric: str = "psnr", value: float | None = 30.0, **fields: Any) -> Score:
    """A score of PSNR, but for what is said otherwise."""
    label = metric.partition("[")[0].upper()
    return Score(**{**_FIELDS, "metric": metric, "label": label, "value": value, **fields})
