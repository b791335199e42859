"""The site is built without a warning, needs no network, and its reference leaves nothing out."""

import inspect
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import harness
from harness.plugin import hooks
from harness.specs import KINDS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.slow
def test_the_site_is_whole(tmp_path):
    """One test, for the site is built once; a warning is an error, and so is a broken link.

    In a process of its own: to read types, Sphinx loads modules again, and what other tests have
    imported of these is then no longer what it was.
    """
    pytest.importorskip("furo")
    build = (sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q")
    ended = subprocess.run(
        [*build, "-d", f"{tmp_path}/cache", str(DOCS), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    pages = {path.stem: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.html")}
    assert [name for name, page in pages.items() if loads_from_elsewhere(page)] == []
    assert every_name() - identifiers(pages) == set()


def loads_from_elsewhere(page):
    """Whether a browser that opens a page asks another host for something."""
    return re.search(r'<(script|img|link)[^>]*(src|href)="(https?:)?//', page) is not None


def identifiers(pages):
    """What the pages can be linked to by."""
    return {name for page in pages.values() for name in re.findall(r'\bid="([^"]+)"', page)}


def every_name():
    """What the reference must have: public names, hooks, and an option of a command of commands."""
    names = {f"harness.{name}" for name in harness.__all__ if is_documented_here(name)}
    names |= {
        f"harness.plugin.hooks.{name}"
        for name, found in vars(hooks).items()
        if inspect.isfunction(found) and name.startswith("harness_")
    }
    return names | {"cmdoption-harness-data-verify-write-manifest"}


def is_documented_here(name):
    """Whether a public name stands under that name; values stand under that of their module."""
    found = getattr(harness, name)
    return isinstance(found, type) or inspect.isfunction(found)


def test_every_field_of_every_spec_is_explained():
    from harness.util.docstrings import argument_texts

    for spec in KINDS.values():
        texts = {}
        for cls in spec.__mro__:
            texts |= argument_texts(cls.__doc__)
        assert {field.name for field in fields(spec)} <= set(texts)
