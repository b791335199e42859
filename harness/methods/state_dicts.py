"""Weights by name: loaded into a module all of them, or not at all."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from harness.errors import DataError
from harness.util.text import some

SHOWN_KEYS = 3
"""How many wrong keys an error names."""


def without_prefix(weights: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Weights whose names have lost a prefix, such as ``module.``, where all have it.

    Raises:
        DataError: a key is no name.
    """
    _check_names(weights)
    if weights and all(name.startswith(prefix) for name in weights):
        return {name.removeprefix(prefix): value for name, value in weights.items()}
    return dict(weights)


def load_strictly(module: nn.Module, weights: Mapping[str, Any]) -> None:
    """Load weights by name, all of them and no others, each of its exact shape.

    Raises:
        DataError: a key is no name, or names or shapes differ; says in one line how.
    """
    _check_names(weights)
    expected = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    found = {
        name: tuple(value.shape) if isinstance(value, Tensor) else None
        for name, value in weights.items()
    }
    complaints = [
        _some("it lacks", [name for name in expected if name not in found]),
        _some("it also has", [name for name in found if name not in expected]),
        _some(
            "of another shape are",
            [name for name in expected if name in found and expected[name] != found[name]],
        ),
    ]
    if any(complaints):
        raise DataError(
            f"these are the weights of another network: {'; '.join(filter(None, complaints))}"
        )
    module.load_state_dict(dict(weights))


def _check_names(weights: Any) -> None:
    """Refuse what a method found in a file and took for weights by name."""
    if not isinstance(weights, Mapping):
        raise DataError(f"these are not weights by name, but a {type(weights).__name__}")
    mistake = wrong_name(weights)
    if mistake:
        raise DataError(f"these are not weights by name: {mistake}")


def wrong_name(weights: Mapping[Any, Any]) -> str:
    """What is wrong with the names of weights; empty if nothing."""
    wrong = next((key for key in weights if not isinstance(key, str)), None)
    return "" if wrong is None else f"a key is {repr(wrong)[:40]}, and no text"


def _some(what: str, names: list[str]) -> str:
    if not names:
        return ""
    return f"{what} {some(names, SHOWN_KEYS)}"
