"""The line of a plugin that an exception comes from."""

import json
from pathlib import Path

import pytest

from harness.plugin.blame import one_line_with_place, place_of, where_of
from harness.util.text import did_you_mean

CALLS = """
def call(function, *arguments):
    return function(*arguments)
"""


@pytest.fixture
def plugin(install):
    """A plugin installed among libraries, whose function calls what it is given."""
    install("caller", "", calls=CALLS)
    from caller.calls import call  # type: ignore[import-not-found]

    return call


def raised(function, *arguments):
    with pytest.raises(Exception) as caught:  # noqa: PT011 # whatever it is
        function(*arguments)
    error = caught.value
    assert error.__traceback__ is not None
    return error.with_traceback(error.__traceback__.tb_next)  # without this file's own line


def test_a_plugin_is_blamed_though_it_lies_among_libraries(plugin):
    error = raised(plugin, int, "a")
    assert where_of(error) == "caller/calls.py:3"
    assert place_of(error).package == "caller"


def test_a_plugin_is_blamed_for_what_libraries_and_the_core_raise_on_its_behalf(plugin):
    assert where_of(raised(plugin, json.loads, "{")) == "caller/calls.py:3"
    assert where_of(raised(plugin, did_you_mean, 3, [])) == "caller/calls.py:3"


def test_a_library_is_named_where_only_the_core_called_it():
    from harness.cli.layout import table

    assert where_of(raised(table, [["a"]], (), [])).startswith("tabulate/__init__.py:")


def test_what_python_raises_on_behalf_of_the_core_has_no_place_outside():
    from harness.results.jobs import read_job

    assert where_of(raised(read_job, Path("none.json"))) == ""


def test_the_core_alone_has_no_place_outside():
    error = raised(did_you_mean, 3, [])
    assert where_of(error) == ""
    assert one_line_with_place(error).startswith("AttributeError: ")
    assert one_line_with_place(error).count("(") == 0


def test_a_script_of_the_users_own_is_named_by_its_file(tmp_path, monkeypatch):
    (tmp_path / "script.py").write_text("def fail():\n    raise ValueError('no')\n")
    monkeypatch.syspath_prepend(tmp_path)
    import script  # type: ignore[import-not-found]

    assert one_line_with_place(raised(script.fail)) == "ValueError: no (script.py:2)"
