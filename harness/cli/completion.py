"""Types of options that name plugins: a shell completes them, see docs/running.md."""

from contextlib import redirect_stdout
from io import StringIO

import click
from click.shell_completion import CompletionItem, FishComplete

from harness.cli.application import AppContext
from harness.cli.types import Commas, Text
from harness.specs import KINDS


class FishWithCommas(FishComplete):
    """Completion for fish, whose script cuts at the first comma alone: names are joined by more."""

    source_template = FishComplete.source_template.replace(
        "(string split ", "(string split --max 1 "
    )


class Name(Text):
    """A plugin's selector; a shell completes the name.

    Args:
        kinds: what it may name; none: anything.
    """

    def __init__(self, *kinds: str) -> None:
        self.kinds = kinds or tuple(KINDS)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names that begin as typed."""
        app = ctx.find_object(AppContext)
        assert app is not None
        with redirect_stdout(StringIO()):  # what a plugin prints is no answer to the shell
            registry = app.load_registry()
        specs = [entry.spec for kind in self.kinds for entry in registry.entries(kind)]
        summaries = {spec.name: spec.summary for spec in specs if spec.name.startswith(incomplete)}
        return [CompletionItem(name, help=summaries[name]) for name in sorted(summaries)]


class NameOrFile(Name):
    """A plugin's name or the path of a file; a shell completes either."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names that begin as typed, and whatever the shell knows of files."""
        names = super().shell_complete(ctx, param, incomplete)
        return [*names, CompletionItem(incomplete, type="file")]


class Names(Commas):
    """Selectors of plugins, separated by commas; a shell completes the last.

    Args:
        kind: what they name.
    """

    def __init__(self, kind: str) -> None:
        self.one = Name(kind)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The texts whose last name begins as typed; none within brackets."""
        before, last = _cut_at_last_comma(incomplete)
        return [
            CompletionItem(before + item.value, help=item.help)
            for item in self.one.shell_complete(ctx, param, last)
        ]


def _cut_at_last_comma(text: str) -> tuple[str, str]:
    """Cut after the last comma that does not stand in brackets."""
    depth = end = 0
    for index, character in enumerate(text, 1):
        depth += {"[": 1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            end = index
    return text[:end], text[end:]
