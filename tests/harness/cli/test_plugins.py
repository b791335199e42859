"""``harness plugins``, and what bad plugins do to the other commands."""

import json

import pytest

FAULTS = {
    "raising-plugin": "cannot be imported: RuntimeError: no luck",
    "wrong-plugin": "returned an object of type dict; it must return MethodSpec objects",
    "taken-plugin": "method 'identity' is taken by plugin 'controls' of denoise-harness",
    "misspelt-plugin": "there is no hook harness_register_method; did you mean",
}


@pytest.mark.usefixtures("five_plugins")
def test_bad_plugins_are_named_and_good_ones_work(run_harness):
    result = run_harness("plugins")
    assert result.returncode == 0
    assert "methods: good" in result.stdout
    assert "methods: free" in result.stdout
    for plugin, fault in FAULTS.items():
        (line,) = (line for line in result.stdout.splitlines() if fault in line)
        assert line.startswith(f"  plugin {plugin!r} of {plugin} 1.2: ")


@pytest.mark.usefixtures("five_plugins")
def test_a_list_works_with_bad_plugins_and_says_so(run_harness):
    result = run_harness("list", "methods")
    assert result.returncode == 0
    assert "good" in result.stdout
    assert "identity" in result.stdout
    *named, last = result.stderr.splitlines()
    assert len(named) == 3
    for line in named:
        (plugin,) = (plugin for plugin in FAULTS if repr(plugin) in line)
        assert line.startswith(f"warning: plugin {plugin!r} of {plugin} 1.2: ")
        assert FAULTS[plugin] in line
    assert last == "warning: 1 more problem; see: harness plugins"


@pytest.mark.usefixtures("five_plugins")
@pytest.mark.parametrize(
    "arguments",
    [
        ("plugins", "--strict-plugins"),
        ("--strict-plugins", "list"),
        ("show", "psnr", "--strict-plugins"),
    ],
)
def test_strict_plugins_stop_with_every_problem_on_a_line(run_harness, arguments):
    result = run_harness(*arguments)
    assert result.returncode == 5
    first, *lines = result.stderr.splitlines()
    assert first == "error: plugins have problems, and --strict-plugins is given:"
    for plugin, fault in FAULTS.items():
        assert any(fault in line and plugin in line for line in lines)


@pytest.mark.usefixtures("five_plugins")
def test_problems_as_json_hold_tracebacks(run_harness):
    data = json.loads(run_harness("plugins", "--json", "--plugin", "no:wrong-plugin").stdout)
    assert (data["schema"], data["kind"]) == (1, "plugins")
    problems = {problem["owner"]["plugin"]: problem for problem in data["problems"]}
    assert "RuntimeError: no luck\nat all" in problems["raising-plugin"]["traceback"]
    assert data["blocked"] == ["wrong-plugin"]
    assert "wrong-plugin" not in problems


def test_what_plugins_announce_is_wrapped_at_words(run_harness):
    shown = run_harness("plugins").stdout
    assert max(map(len, shown.splitlines())) <= 100
    assert shown.split()[8:] == run_harness("plugins", COLUMNS="2000").stdout.split()[8:]


@pytest.mark.usefixtures("five_plugins")
def test_tracebacks_are_shown_for_debugging(run_harness):
    assert "Traceback" not in run_harness("plugins").stdout
    assert "Traceback" in run_harness("plugins", "--debug").stdout


@pytest.mark.usefixtures("five_plugins")
def test_an_environment_variable_stops_autoload(run_harness):
    result = run_harness("plugins", HARNESS_DISABLE_PLUGIN_AUTOLOAD="1")
    assert "good" not in result.stdout
    assert "controls" in result.stdout


def test_a_file_is_a_plugin_before_and_after_the_command(run_harness, tmp_path):
    (tmp_path / "work" / "own.py").write_text(
        "from harness import MethodSpec, hookimpl\n@hookimpl\ndef harness_register_methods():\n"
        "    return MethodSpec(name='own', target='own:Own', summary='My own.')\n"
    )
    assert "My own." in run_harness("list", "methods", "--plugin", "own.py").stdout
    assert "My own." in run_harness("--plugin", "./own.py", "list", "methods").stdout
    assert "My own." not in run_harness("list", "methods").stdout
