"""The line of a plugin that an exception comes from."""

import json
import re
from pathlib import Path

import pytest

from harness.errors import DataError, PluginError
from harness.plugin.blame import blaming, one_line_with_place, place_of, where_of
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


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ValueError("no\nluck"), "ValueError: no"),
        (SystemExit(0), "SystemExit: 0"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_what_a_plugin_raises_names_the_plugin_in_one_line(error, shown):
    with pytest.raises(PluginError) as caught, blaming("report 'mine'"):
        raise error
    text = str(caught.value)
    assert re.fullmatch(rf"report 'mine' failed: {shown} \(.*test_blame\.py:\d+\)", text)


def test_a_plugin_may_speak_for_itself():
    with pytest.raises(DataError, match=r"^no images$"), blaming("report 'mine'"):
        raise DataError("no images")


def test_an_interruption_is_no_failure_of_a_plugin():
    with pytest.raises(KeyboardInterrupt), blaming("report 'mine'"):
        raise KeyboardInterrupt
