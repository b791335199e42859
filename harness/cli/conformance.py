"""What ``harness check`` says of the contract that plugins of a kind keep."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from harness.cli.describe import as_json
from harness.cli.several import Mistakes, everything, named
from harness.errors import ExitCode
from harness.plugin.registry import Registry
from harness.results.serial import plain
from harness.specs import DatasetSpec
from harness.util.text import counted

if TYPE_CHECKING:
    from harness.data.roots import Roots
    from harness.testing.contracts.carrying_out import Verdict

KINDS = ("method", "network", "dataset", "metric", "report", "viewer", "launcher", "model")
"""What has a contract."""


def check_contracts(
    registry: Registry, names: Sequence[str], roots: "Roots", *, is_json: bool = False
) -> ExitCode:
    """Hold plugins to the contract of their kind, and print a line for each test that fails.

    Args:
        registry: has the plugins.
        names: selectors; none: all plugins of kinds that have a contract.
        roots: where datasets lie.
        is_json: print all verdicts as JSON, when all is done.

    Raises:
        UnknownNameError: there is no such plugin.
    """
    chosen = [pair for name in names for pair in named(registry, name, KINDS)]
    mistakes = Mistakes()
    found = []
    for kind, selector in chosen or everything(registry, KINDS):
        with mistakes.of(f"{kind} {selector!r}"):
            verdicts = _verdicts(registry, kind, selector, roots)
            found.append({"kind": kind, "selector": selector, "tests": plain(verdicts)})
            if not is_json:
                click.echo(_counted(kind, selector, verdicts))
            for verdict in verdicts:
                if verdict.outcome == "failed":
                    mistakes.add(f"{kind} {selector!r}: {verdict.test}: {verdict.said}")
    if is_json:
        click.echo(as_json("check", found=found))
    return mistakes.code


def _verdicts(registry: Registry, kind: str, selector: str, roots: "Roots") -> "Sequence[Verdict]":
    """What becomes of the tests of a contract.

    Raises:
        HarnessError: the plugin cannot be imported, or lacks what it needs.
    """
    from harness.testing.contracts.carrying_out import carry_out, contract_of

    reference = registry.choose(kind, selector)
    attributes: dict[str, Any] = {}
    spec = registry.find(kind, reference.name).spec
    if isinstance(spec, DatasetSpec) and spec.needs_root and (root := roots.find(reference)):
        attributes["root"] = str(root.folder)
    return list(carry_out(contract_of(registry, kind, selector, **attributes)))


def _counted(kind: str, selector: str, verdicts: "Sequence[Verdict]") -> str:
    """How many tests ended in what, in words."""
    counts = {
        outcome: sum(verdict.outcome == outcome for verdict in verdicts)
        for outcome in ("failed", "passed", "skipped")
    }
    said = f"{counted(counts['passed'], 'test')} passed"
    if counts["failed"]:
        said = f"{counts['failed']} failed, {said}"
    if counts["skipped"]:
        said += f", {counts['skipped']} had nothing to say"
    return f"{kind} {selector}: {said}"
