"""What the reference takes from the code: the help of commands, and public names by module."""

import ast
import pkgutil
import re
from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from importlib import import_module
from importlib.util import find_spec
from inspect import cleandoc, getdoc, isfunction
from pathlib import Path
from typing import Any

import click
from docutils import nodes
from docutils.parsers.rst import directives
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from harness.cli.application import AppContext, common_options
from harness.cli.application import harness as command_line
from harness.util.docstrings import argument_texts

logger = logging.getLogger(__name__)

_OPTION = re.compile(r"(?<![\w`-])--[a-z][a-z-]*")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("harness-commands", Commands)
    app.add_directive("harness-names", Names)
    app.add_directive("harness-modules", Modules)
    for change in (with_fields_of_bases, without_types_in_front):  # before Napoleon reads it
        app.connect("autodoc-process-docstring", change, priority=400)
    app.connect("missing-reference", plain_where_it_exists)
    app.add_html_math_renderer("mathml", (write_formula, None), (write_formula, None))
    return {"parallel_read_safe": True}


class FromCode(SphinxDirective):
    """Puts reStructuredText that is made of code in its place."""

    def run(self) -> Sequence[nodes.Node]:
        """The nodes of the text."""
        return self.parse_text_to_nodes("\n".join(self.lines()), allow_section_headings=True)

    def lines(self) -> Iterator[str]:
        """The lines of the text."""
        raise NotImplementedError


class Commands(FromCode):
    """The help of every command, as ``harness COMMAND --help`` prints it."""

    def lines(self) -> Iterator[str]:
        """A section for each command; the options of all come first."""
        with click.Context(command_line, info_name="harness", obj=AppContext()) as context:
            yield from _section("Options of every command")
            yield from _options(common_options(), context)
            for name in command_line.list_commands(context):
                yield from _command(command_line.get_command(context, name), context)


def _command(command: click.Command, parent: click.Context) -> Iterator[str]:
    """The section of a command and those of its own commands."""
    with click.Context(command, info_name=command.name, parent=parent) as context:
        yield from _section(context.command_path)
        usage = " ".join(command.collect_usage_pieces(context))
        yield from (".. code-block:: text", "", f"   {context.command_path} {usage}", "")
        yield from (*_literal(cleandoc(command.help or "")).splitlines(), "")
        common = {option.name for option in common_options()}
        own = [each for each in command.params if each.name not in common]
        yield from _options(own, context)
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                if found := command.get_command(context, name):
                    yield from _command(found, context)


def _options(parameters: Sequence[click.Parameter], context: click.Context) -> Iterator[str]:
    """The options of a command, each with what its help says of it."""
    yield from (f".. program:: {context.command_path}", "")
    for parameter in parameters:
        names, text = parameter.get_help_record(context) or ("", "")
        if text:
            yield from (f".. option:: {names}", "", f"   {_literal(text)}", "")


def _literal(text: str) -> str:
    """Plain text as reStructuredText: nothing in it is markup, but options are code."""
    escaped = "".join(f"\\{each}" if each in "\\*`_|" else each for each in text)
    return _OPTION.sub(r"``\g<0>``", escaped)


class Names(FromCode):
    """The public names of a package whose stub says where each is from, by room.

    The option ``only`` names one room, ``without`` those to be left out.
    """

    required_arguments = 1
    option_spec = {"only": directives.unchanged, "without": directives.unchanged}  # noqa: RUF012

    def lines(self) -> Iterator[str]:
        """A section for each room; one alone needs no heading."""
        package, only = self.arguments[0], self.options.get("only")
        for room, names in _public_names(package).items():
            if room in self.options.get("without", "").split() or only not in (None, room):
                continue
            if not only:
                yield from _section(room.capitalize())
                yield from (_first_line(import_module(f"{package}.{room}")), "")
            for module, name in names:
                yield from _automatic(package, module, name)


def _public_names(package: str) -> dict[str, list[tuple[str, str]]]:
    """The names that a stub offers, each with its module, by room."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ExtensionError(f"there is no package {package}")
    stub = Path(spec.origin).with_suffix(".pyi")
    names: dict[str, list[tuple[str, str]]] = {}
    for statement in ast.parse(stub.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.ImportFrom) and statement.module:
            room = statement.module.partition(".")[0]
            names.setdefault(room, []).extend(
                (statement.module, each.name) for each in statement.names
            )
    return names


def _automatic(package: str, module: str, name: str) -> Iterator[str]:
    """The directive that documents a public name; what is said of a value stands in its module."""
    found = getattr(import_module(package), name)
    if isinstance(found, type):
        yield from (f".. autoclass:: {package}.{name}", "   :members:", "")
    elif isfunction(found):
        yield from (f".. autofunction:: {package}.{name}", "")
    else:
        yield from (f".. autodata:: {package}.{module}.{name}", "")


class Modules(FromCode):
    """The modules of a package, each with its public names; the option ``without`` names some."""

    required_arguments = 1
    option_spec = {"without": directives.unchanged}  # noqa: RUF012

    def lines(self) -> Iterator[str]:
        """A section for each module."""
        package = import_module(self.arguments[0])
        for module in pkgutil.iter_modules(package.__path__):
            if module.name not in self.options.get("without", "").split():
                name = f"{package.__name__}.{module.name}"
                yield from _section(f"``{name}``")
                yield from (f".. automodule:: {name}", "   :members:", "")


def _section(title: str) -> Iterator[str]:
    yield from (title, "-" * len(title), "")


def _first_line(module: Any) -> str:
    return (getdoc(module) or "").partition("\n")[0]


def without_types_in_front(
    app: Sphinx, what: str, name: str, found: Any, options: Any, lines: list[str]
) -> None:
    """Keep Napoleon from taking what stands before a colon for the type of a value."""
    if what in ("attribute", "data"):
        lines.insert(0, "")


def with_fields_of_bases(
    app: Sphinx, what: str, name: str, found: Any, options: Any, lines: list[str]
) -> None:
    """Add to the docstring of a dataclass what those of its bases say of their fields."""
    if what != "class" or not is_dataclass(found):
        return
    texts: dict[str, str] = {}
    for base in reversed(found.__mro__[1:-1]):
        texts |= argument_texts(base.__doc__)
    own = argument_texts(found.__doc__)
    inherited = [
        f"    {name}: {_literal(text)}." for name, text in texts.items() if name not in own
    ]
    if inherited:
        lines += ["", "Args:", *inherited, ""]


def write_formula(writer: Any, node: nodes.Node) -> None:
    """Write a formula as MathML, which browsers show without asking another host for MathJax."""
    try:
        formula = tex2mathml(node.astext(), as_block=isinstance(node, nodes.math_block))
    except MathError as error:
        logger.warning("cannot write a formula as MathML: %s", error, location=node)
    else:
        writer.body.append(formula)
    raise nodes.SkipNode


def plain_where_it_exists(
    app: Sphinx, environment: BuildEnvironment, reference: pending_xref, text: nodes.TextElement
) -> nodes.TextElement | None:
    """Leave as text what has no place in the site: types, and names that a docstring refers to.

    Returns:
        The text; None, which Sphinx reports, where a docstring refers to what does not exist.
    """
    if reference.get("refdomain") != "py":
        return None
    is_type = "refwarn" not in reference
    return text if is_type or _exists(reference["reftarget"], reference.source or "") else None


def _exists(name: str, source: str) -> bool:
    """Whether there is a module, attribute or built-in of that name.

    Args:
        name: dotted, perhaps relative to what the docstring is of.
        source: where the docstring stands, as Sphinx says it: ``FILE:docstring of NAME``.
    """
    inside = source.rpartition("docstring of ")[2].split(".")
    homes = [".".join(inside[:count]) for count in range(len(inside), 0, -1)]
    return any(map(_is_name, [name, f"builtins.{name}", *(f"{home}.{name}" for home in homes)]))


def _is_name(name: str) -> bool:
    """Whether a dotted name leads to something; fields without a default count."""
    owner, _, last = name.rpartition(".")
    try:
        found = pkgutil.resolve_name(owner or name)
    except (ImportError, AttributeError, ValueError):
        return False
    return not owner or hasattr(found, last) or last in getattr(found, "__annotations__", {})
