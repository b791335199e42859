"""A benchmark harness for image denoisers that learn from noisy images alone.

What a plugin's author needs is imported from here. Names that need torch or numpy are loaded when
they are first used, so that a hooks module stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.hooks import hookimpl
from harness.specs import (
    DatasetSpec,
    LauncherSpec,
    MethodSpec,
    MetricSpec,
    NetworkSpec,
    Parameter,
    Published,
    ReportSpec,
    SuiteSpec,
)

if TYPE_CHECKING:
    from harness.dataset import Dataset, ImageFile, Sample
    from harness.errors import DataError, HarnessError, MetricUnavailableError, ParameterError
    from harness.method import (
        Constant,
        Cosine,
        Method,
        NoisyBatch,
        OracleMethod,
        PairedBatch,
        Recipe,
        Stage,
        Steps,
        UnpairedBatch,
    )
    from harness.networks import build_network

_LATE = {
    "harness.dataset": ("Dataset", "ImageFile", "Sample"),
    "harness.errors": ("DataError", "HarnessError", "MetricUnavailableError", "ParameterError"),
    "harness.method": (
        "Constant",
        "Cosine",
        "Method",
        "NoisyBatch",
        "OracleMethod",
        "PairedBatch",
        "Recipe",
        "Stage",
        "Steps",
        "UnpairedBatch",
    ),
    "harness.networks": ("build_network",),
}
_HOME = {name: module for module, names in _LATE.items() for name in names}

__all__ = [
    "Constant",
    "Cosine",
    "DataError",
    "Dataset",
    "DatasetSpec",
    "HarnessError",
    "ImageFile",
    "LauncherSpec",
    "Method",
    "MethodSpec",
    "MetricSpec",
    "MetricUnavailableError",
    "NetworkSpec",
    "NoisyBatch",
    "OracleMethod",
    "PairedBatch",
    "Parameter",
    "ParameterError",
    "Published",
    "Recipe",
    "ReportSpec",
    "Sample",
    "Stage",
    "Steps",
    "SuiteSpec",
    "UnpairedBatch",
    "build_network",
    "hookimpl",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
