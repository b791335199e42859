"""Contracts without pytest: their tests carried out on a plugin, one after the other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal
from unittest import SkipTest

from harness.plugin.blame import FAILURES, one_line_with_place, where_of
from harness.plugin.registry import Registry
from harness.testing.contracts.base import Contract
from harness.testing.contracts.dataset import DatasetContract
from harness.testing.contracts.launcher import LauncherContract
from harness.testing.contracts.method import MethodContract
from harness.testing.contracts.metric import MetricContract
from harness.testing.contracts.model import ModelContract
from harness.testing.contracts.network import NetworkContract
from harness.testing.contracts.report import ReportContract
from harness.testing.contracts.viewer import ViewerContract

CONTRACTS: Mapping[str, type[Contract]] = MappingProxyType(
    {
        contract.kind: contract
        for contract in (
            MethodContract,
            NetworkContract,
            DatasetContract,
            MetricContract,
            ReportContract,
            ViewerContract,
            LauncherContract,
            ModelContract,
        )
    }
)
"""The contract of each kind that has one."""


@dataclass(frozen=True)
class Verdict:
    """What became of one test of a contract.

    Attributes:
        test: its name.
        outcome: ``passed``, ``failed`` or ``skipped``.
        said: why it failed or has nothing to say, in one line; empty where it passed.
    """

    test: str
    outcome: Literal["passed", "failed", "skipped"]
    said: str = ""


def contract_of(registry: Registry, kind: str, selector: str, **attributes: Any) -> type[Contract]:
    """The contract that a plugin of a registry is held to.

    Args:
        registry: has the plugin.
        kind: one of :data:`CONTRACTS`.
        selector: of the plugin.
        attributes: of the contract, such as ``root`` of a dataset.
    """
    own = {"name": selector, "settings": registry.settings, **attributes}
    return type(f"Test {kind} {selector}", (CONTRACTS[kind],), own)


def carry_out(contract: type[Contract]) -> Iterator[Verdict]:
    """Carry out the tests of a contract, those of every kind of plugin first."""
    names = (name for base in reversed(contract.__mro__) for name in vars(base))
    for name in dict.fromkeys(names):
        if name.startswith("test_") and getattr(contract, name):
            yield _verdict(contract, name)


def _verdict(contract: type[Contract], test: str) -> Verdict:
    try:
        getattr(contract(), test)()
    except SkipTest as reason:
        return Verdict(test, "skipped", str(reason))
    except AssertionError as error:
        where = where_of(error)
        said = f"{error} ({where})" if where else str(error)
    except FAILURES as error:
        said = one_line_with_place(error)
    else:
        return Verdict(test, "passed")
    return Verdict(test, "failed", " ".join(said.split()))
