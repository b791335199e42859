"""Several plugins that one command goes through: what they are, and what went wrong with some."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from harness.errors import ExitCode, HarnessError, ParameterError, PluginError, UnknownNameError
from harness.plugin.blame import FAILURES, one_line_with_place
from harness.plugin.registry import Registry
from harness.plugin.selector import parse_selector
from harness.util.text import did_you_mean

_GRAVEST_FIRST = (
    ExitCode.USAGE,
    ExitCode.PLUGINS,
    ExitCode.INCOMPARABLE,
    ExitCode.FAILED,
    ExitCode.REGRESSION,
)


class Mistakes:
    """What went wrong with some of several things, each said in a line; the others go on.

    Attributes:
        code: the gravest of their exit codes.
    """

    def __init__(self) -> None:
        self.code = ExitCode.OK

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Do something with one thing; where that fails, say so and go on after it.

        Args:
            what: the thing, such as ``method 'mine'``.
        """
        try:
            yield
        except HarnessError as error:
            self.add(str(error), error.exit_code)
        except FAILURES as error:
            self.add(f"{what}: {one_line_with_place(error)}")

    def add(self, text: str, code: ExitCode = ExitCode.FAILED) -> None:
        """Say what went wrong."""
        click.echo(f"error: {text}", err=True)
        self.code = next(each for each in _GRAVEST_FIRST if each in (code, self.code))


def everything(registry: Registry, kinds: Sequence[str]) -> list[tuple[str, str]]:
    """The kind and name of all plugins of some kinds."""
    return [(kind, entry.spec.name) for kind in kinds for entry in registry.entries(kind)]


def named(registry: Registry, text: str, kinds: Sequence[str]) -> list[tuple[str, str]]:
    """Kind and selector of all that has a name, as far as it takes the parameters.

    Args:
        registry: has the plugins.
        text: a selector.
        kinds: that are looked through.

    Raises:
        UnknownNameError: there is none.
        ParameterError: none takes the parameters.
    """
    name = parse_selector(text).name
    names = {kind: [entry.spec.name for entry in registry.entries(kind)] for kind in kinds}
    found = [kind for kind in kinds if name in names[kind]]
    if not found:
        known = [each for kind in kinds for each in names[kind]]
        near = did_you_mean(name, known) or f"; see: harness list {kinds[0]}s"
        what = " or ".join(filter(None, [", ".join(kinds[:-1]), kinds[-1]]))
        raise UnknownNameError(f"there is no {what} {name!r}{near}")
    chosen, mistakes = [], []
    for kind in found:
        try:
            registry.choose(kind, text)
        except ParameterError as mistake:
            mistakes.append(mistake)
            continue
        except PluginError:  # it is said where it is used
            pass
        chosen.append((kind, text))
    if not chosen:
        raise mistakes[0]
    return chosen
