"""``harness list``: what there is, by kind."""

import click

from harness.cli import layout
from harness.cli.application import AppContext, pass_app
from harness.cli.describe import as_json, plain_entry
from harness.cli.types import Kind
from harness.plugin.registry import Entry
from harness.specs import DatasetSpec, MethodSpec, MetricSpec


@click.command()
@click.argument("kind", required=False, type=Kind())
@click.option("--json", "json_", is_flag=True, help="Print JSON: all that the specs say.")
@pass_app
def command(app: AppContext, kind: str | None, json_: bool) -> None:
    """List methods, datasets, metrics and other plugins by name."""
    kinds = [kind] if kind else Kind().choices
    listed = {plural: app.registry.entries(plural.removesuffix("s")) for plural in kinds}
    if json_:
        plain = {plural: list(map(plain_entry, entries)) for plural, entries in listed.items()}
        click.echo(as_json("list", **plain))
        return
    sections = [
        f"{plural}\n{_table(entries)}" for plural, entries in listed.items() if entries or kind
    ]
    click.echo("\n\n".join(sections))


def _table(entries: list[Entry]) -> str:
    if not entries:
        return "  (none)"
    return layout.table(
        ["", entry.spec.name, *_marks(entry), entry.spec.summary] for entry in entries
    )


def _marks(entry: Entry) -> list[str]:
    """What a choice among entries of this kind hangs on, in a word or two."""
    spec = entry.spec
    if isinstance(spec, MethodSpec):
        trains = f"trains on {spec.view}" if spec.trains else "no training"
        return ["oracle" if spec.oracle else trains]
    if isinstance(spec, DatasetSpec):
        marks = ("default" if spec.default else "", "needs a root" if spec.needs_root else "")
        return ["+".join(spec.splits), ", ".join(filter(None, marks))]
    if isinstance(spec, MetricSpec):
        arrow = ("↑" if spec.higher_is_better else "↓") if spec.ranks else "ranks nothing"
        return [" ".join(filter(None, [spec.unit, arrow]))]
    return []
