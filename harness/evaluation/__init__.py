"""Scoring, timing and cost of a method on a split."""

from harness.evaluation.scoring import Evaluation, ReadyMetric, evaluate
from harness.evaluation.subject import Measurement, Subject
from harness.evaluation.timing import Timing

__all__ = [
    "Evaluation",
    "Measurement",
    "ReadyMetric",
    "Subject",
    "Timing",
    "evaluate",
]
