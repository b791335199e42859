"""The configuration file gives options; the command line goes before it."""

from pathlib import Path

import click
import pytest

from harness.cli.config import read_config
from harness.errors import UsageError

COMMANDS = ("run", "list")


@click.command("run")
@click.option("--methods")
@click.option("--seeds", default="0")
@click.option("--train-on", default="train")
@click.option("--root", multiple=True)
@click.option("--compile", "compile_", is_flag=True)
def command(**options):
    return options


@pytest.fixture
def configure(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def configure(text, name="harness.toml"):
        Path(name).write_text(text)

    return configure


def invoke(*arguments):
    defaults = read_config(None, COMMANDS).defaults_of(command)
    return command.main(list(arguments), standalone_mode=False, default_map=defaults)


def test_without_a_file_nothing_is_set(configure):
    assert invoke()["seeds"] == "0"


def test_keys_are_the_names_of_options(configure):
    configure('[run]\nmethods = "a,b"\nseeds = 3\ntrain-on = "test"\ncompile = true')
    options = invoke()
    assert options == {
        "methods": "a,b",
        "seeds": "3",
        "train_on": "test",
        "root": (),
        "compile_": True,
    }


def test_a_list_is_joined_where_an_option_takes_commas(configure):
    configure('[run]\nmethods = ["a", "b[x=1]"]\nseeds = [0, 1, 2]')
    assert invoke()["methods"] == "a,b[x=1]"
    assert invoke()["seeds"] == "0,1,2"


@pytest.mark.parametrize("value", ['"a=b"', '["a=b"]'])
def test_an_option_that_repeats_takes_one_or_several(configure, value):
    configure(f"[run]\nroot = {value}")
    assert invoke()["root"] == ("a=b",)


def test_the_command_line_wins(configure):
    configure('[run]\nmethods = "a"')
    assert invoke("--methods", "b")["methods"] == "b"


def test_a_project_file_has_a_table(configure):
    configure('[tool.other]\nx = 1\n[tool.harness.run]\nmethods = "a"', "pyproject.toml")
    assert invoke()["methods"] == "a"


def test_a_file_of_its_own_goes_before_the_project_file(configure):
    configure('[tool.harness.run]\nmethods = "a"', "pyproject.toml")
    configure('[run]\nmethods = "b"')
    assert invoke()["methods"] == "b"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[rnu]\nx = 1", "harness.toml: unknown key 'rnu'; did you mean 'run'?"),
        (
            "plugins = []",
            "harness.toml: unknown key 'plugins'; did you mean 'plugin' or 'strict-plugins'?",
        ),
        ('plugin = "a.py"', "harness.toml: 'plugin' must be a list"),
        ("strict-plugins = 1", "harness.toml: 'strict-plugins' must be true or false"),
        ("run = 1", "harness.toml: 'run' must be a table, [run]"),
        (
            '[run]\nmethod = "a"',
            "harness.toml: [run] has an unknown key 'method'; did you mean 'methods'?",
        ),
        ("[run.seeds]\na = 1", "harness.toml: [run] 'seeds' cannot be a table"),
    ],
)
def test_a_mistake_in_the_file_is_named(configure, text, message):
    configure(text)
    with pytest.raises(UsageError) as error:
        invoke()
    assert str(error.value) == message


def test_a_file_that_is_no_toml_is_an_error(configure):
    configure("[run")
    with pytest.raises(UsageError, match=r"cannot read the configuration harness\.toml: "):
        invoke()


def test_plugins_lie_relative_to_the_file(tmp_path):
    (tmp_path / "some.toml").write_text('plugin = ["mine.py", "pkg.hooks", "no:other"]')
    config = read_config(tmp_path / "some.toml", COMMANDS)
    assert config.plugins == [str(tmp_path / "mine.py"), "pkg.hooks", "no:other"]


def test_plugins_of_the_file_are_loaded_by_the_real_command(run_harness, tmp_path):
    (tmp_path / "own.py").write_text(
        "from harness import *\n@hookimpl\ndef harness_register_methods():\n"
        "    return MethodSpec(name='own', target='own:Own', summary='My own.')\n"
    )
    (tmp_path / "my.toml").write_text('plugin = ["own.py"]\n')
    assert "My own." in run_harness("list", "--config", "../my.toml").stdout
    assert "My own." in run_harness("--config", "../my.toml", "list").stdout
    assert "My own." not in run_harness("list").stdout


def test_a_missing_file_is_an_error_of_the_real_command(run_harness):
    result = run_harness("list", "--config", "no.toml")
    assert result.returncode == 2
    assert result.stderr == (
        "error: cannot read the configuration no.toml: No such file or directory\n"
    )
