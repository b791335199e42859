"""Commands come from plugins, and the common options are read wherever they stand."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.plugin import discovery

GREET = """
import click
from harness import CommandSpec, hookimpl, pass_app

@hookimpl
def harness_register_commands():
    return CommandSpec(name="greet", target="greeter:greet", summary="Greet somebody.")

@click.command()
@click.argument("plugin")
@click.option("--greeting", default="hello")
@pass_app
def greet(app, plugin, greeting):
    click.echo(f"{greeting} {plugin}, there are {len(app.registry.entries('dataset'))} datasets")
"""


@pytest.fixture
def greet(in_process):
    """Runs ``harness`` where ``greeter.py`` brings the command ``greet``."""

    def run(*arguments, source=GREET):
        Path("greeter.py").write_text(source)
        return in_process(*arguments)

    return run


@pytest.mark.parametrize(
    "arguments",
    [
        ("--plugin", "./greeter.py", "greet", "you"),
        ("greet", "you", "--plugin", "./greeter.py"),
        ("greet", "--plugin=./greeter.py", "you"),
    ],
)
def test_a_single_files_command_runs_wherever_the_file_is_named(greet, arguments):
    code, out, err = greet(*arguments)
    assert (code, err) == (0, "")
    assert out.startswith("hello you, there are ")


def test_the_help_lists_a_plugins_command(greet):
    code, out, _ = greet("--help", "--plugin", "greeter.py")
    assert code == 0
    assert "\n  greet     Greet somebody.\n" in out
    assert "\n  run " in out


def test_a_commands_help_has_its_summary_its_options_and_the_common_ones(greet):
    code, out, _ = greet("--plugin", "greeter.py", "greet", "--help")
    assert code == 0
    assert out.startswith("Usage: harness greet [OPTIONS] PLUGIN\n\n  Greet somebody.\n")
    for option in ("--greeting", "--plugin", "--strict-plugins", "--config", "--debug"):
        assert f"\n  {option} " in out


def test_a_table_of_the_configuration_sets_the_options_of_a_plugins_command(greet, tmp_path):
    (tmp_path / "harness.toml").write_text(
        'plugin = ["greeter.py"]\n[greet]\ngreeting = "good day"\n'
    )
    assert greet("greet", "you")[1].startswith("good day you")
    assert greet("greet", "you", "--greeting", "hi")[1].startswith("hi you")


@pytest.mark.parametrize("place", ["before", "after"])
def test_the_configuration_is_named_before_or_after_a_plugins_command(greet, tmp_path, place):
    (tmp_path / "my.toml").write_text('plugin = ["greeter.py"]\n[greet]\ngreeting = "good day"\n')
    config = ("--config", "my.toml")
    arguments = (*config, "greet", "you") if place == "before" else ("greet", "you", *config)
    assert greet(*arguments)[1].startswith("good day you")


def test_a_table_for_a_command_that_a_broken_plugin_would_bring_stops_no_other(greet, tmp_path):
    (tmp_path / "harness.toml").write_text(
        'plugin = ["greeter.py"]\n[greet]\ngreeting = "good day"\n'
    )
    code, out, _ = greet("plugins", source="import nothing_of_the_kind")
    assert code == 0
    assert "No module named 'nothing_of_the_kind'" in out


def test_what_follows_two_dashes_belongs_to_the_command(greet):
    code, out, _ = greet("--plugin", "greeter.py", "greet", "--", "--debug")
    assert code == 0
    assert out.startswith("hello --debug, ")


@pytest.mark.parametrize("place", ["before", "after"])
def test_strict_plugins_stop_a_plugins_command(greet, place):
    source = GREET + "\n@hookimpl\ndef harness_plam(plan):\n    pass\n"
    strict, named = ("--strict-plugins",), ("greet", "you")
    code, out, err = greet(
        *("--plugin", "greeter.py"),
        *((*strict, *named) if place == "before" else (*named, *strict)),
        source=source,
    )
    assert (code, out) == (5, "")
    assert "there is no hook harness_plam" in err


@pytest.mark.parametrize("place", ["before", "after"])
def test_debugging_shows_the_traceback_of_a_plugins_command(greet, place):
    source = GREET.replace("    click.echo", "    raise KeyError('x')\n    click.echo")
    debug, named = ("--debug",), ("greet", "you")
    code, _, err = greet(
        *("--plugin", "greeter.py"),
        *((*debug, *named) if place == "before" else (*named, *debug)),
        source=source,
    )
    assert code == 3
    assert err.startswith("Traceback")


def test_a_name_that_is_taken_is_a_problem_of_the_plugin(greet):
    source = GREET.replace('name="greet"', 'name="run"')
    assert "Train and measure" in greet("--plugin", "greeter.py", "--help", source=source)[1]
    out = greet("--plugin", "greeter.py", "plugins")[1]
    assert "command 'run' is taken by plugin 'commands' of denoise-harness" in out


def test_a_command_that_cannot_be_imported_is_named_in_one_line_and_stops_no_other(greet):
    source = GREET.replace("greeter:greet", "nothing_of_the_kind:greet")
    code, out, err = greet("--plugin", "greeter.py", "greet", "you", source=source)
    assert (code, out) == (5, "")
    assert err.startswith("error: command 'greet' (plugin 'greeter' of ")
    assert err.endswith(
        "cannot import 'nothing_of_the_kind': "
        "ModuleNotFoundError: No module named 'nothing_of_the_kind'\n"
    )
    assert err.count("\n") == 1
    code, out, _ = greet("--plugin", "greeter.py", "--help", source=source)
    assert code == 0
    assert "greet" in out


def test_a_target_that_is_no_command_is_refused(greet):
    source = GREET.replace("@click.command()\n", "").replace("@pass_app\n", "")
    source = source.replace("@click.argument", "# ").replace("@click.option", "# ")
    code, _, err = greet("--plugin", "greeter.py", "greet", "you", source=source)
    assert code == 5
    assert "'greeter:greet' is no click.Command; is @click.command() missing?" in err


def test_an_option_of_all_commands_cannot_be_a_commands_own(greet):
    source = GREET.replace("--greeting", "--config").replace("greeting)", "config)")
    code, _, err = greet("--plugin", "greeter.py", "greet", "you", source=source)
    assert code == 5
    assert "has an option --config of its own, and every command has one; rename it" in err


def test_a_command_takes_no_parameters_in_brackets(greet):
    source = GREET.replace('name="greet"', 'name="greet", parameters=()')
    out = greet("plugins", "--plugin", "greeter.py", source=source)[1]
    assert "harness_register_commands failed: TypeError: " in out


def test_a_broken_plugin_does_not_stop_the_help(greet):
    code, out, _ = greet("--help", "--plugin", "greeter.py", source="raise SystemExit('no luck')")
    assert code == 0
    assert "\n  run " in out


def test_a_plugin_left_out_after_the_command_is_not_imported(greet, tmp_path):
    (tmp_path / "harness.toml").write_text('plugin = ["greeter.py"]\n')
    source = "from pathlib import Path\nPath('imported').touch()"
    assert greet("list", "commands", "--plugin", "no:greeter", source=source)[0] == 0
    assert not (tmp_path / "imported").exists()


def test_plugins_are_looked_for_once(greet, monkeypatch):
    calls = []
    points = discovery._from_entry_points
    monkeypatch.setattr(
        discovery, "_from_entry_points", lambda autoload: calls.append(1) or points(autoload)
    )
    assert greet("greet", "you", "--plugin", "greeter.py")[0] == 0
    assert len(calls) == 1


def test_a_group_of_commands_is_a_command(greet):
    source = GREET + (
        "\n@click.group()\ndef group():\n    pass\n"
        "\n@group.command()\n@click.option('--times', default=1)\n"
        "def again(times):\n    click.echo('again ' * times)\n"
    )
    source = source.replace('"greeter:greet"', '"greeter:group"')
    code, out, _ = greet(
        *("greet", "again", "--times", "2", "--plugin", "greeter.py"), source=source
    )
    assert (code, out) == (0, "again again \n")


@pytest.mark.parametrize("arguments", [["--help"], ["list", "commands"]])
def test_naming_the_commands_needs_neither_torch_nor_numpy(arguments):
    program = (
        f"import sys; from harness.cli import execute; code = execute({arguments}); "
        "print(code, *({'torch', 'numpy', 'scipy', 'rich', 'PIL'} & sys.modules.keys()))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "0"
    assert "noise" in result.stdout


def test_an_installed_plugins_command_runs_as_the_cores_do(run_harness, install):
    hooks = GREET.replace('"greeter:greet"', '"greet_plugin.hooks:greet"')
    install("greet-plugin", hooks)
    assert "Greet somebody." in run_harness("--help").stdout
    assert run_harness("greet", "you").stdout.startswith("hello you")
    assert "Greet somebody." in run_harness("show", "greet", "--kind", "command").stdout
    left_out = run_harness("greet", "you", HARNESS_DISABLE_PLUGIN_AUTOLOAD="1")
    assert left_out.returncode == 2
    assert left_out.stderr.startswith("error: there is no command 'greet'")
