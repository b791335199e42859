"""A page as one file that asks for no other: its template, with style and scripts within it."""

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render(template: str, scripts: Iterable[str], **values: Any) -> str:
    """Fill in a template; all names are escaped, and no script runs but those given.

    Args:
        template: name of its file.
        scripts: names of the files of JavaScript that the page runs.
        values: what the template calls for, beside ``policy``, ``style`` and ``script``.
    """
    script = Markup("\n".join(map(_source, scripts)))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data: file: 'self'; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'"
    )
    style = Markup(_source("style.css"))
    found = _environment().get_template(template)
    return found.render(policy=policy, style=style, script=script, **values)


@cache
def _source(name: str) -> str:
    return files("harness_reports.page").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("harness_reports.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
