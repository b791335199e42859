"""The configuration file gives options; the command line goes before it."""

from pathlib import Path

import click
import pytest

from harness.cli.config import read_config
from harness.cli.types import Commas, CountOrAll, CountOrAuto, Number, WholeNumber
from harness.errors import UsageError

COMMANDS = ("run", "list")


@click.command("run")
@click.option("--methods", type=Commas())
@click.option("--seeds", type=Commas(), default="0")
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


def read_and_check():
    config = read_config(None)
    config.check_tables(COMMANDS)
    return config


def invoke(*arguments):
    defaults = read_and_check().defaults_of(command)
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
        ('plugin = "a.py"', "harness.toml: 'plugin' must be a list of texts, not 'a.py'"),
        ("plugin = [3]", "harness.toml: 'plugin' must be a list of texts, not 3"),
        ("strict-plugins = 1", "harness.toml: 'strict-plugins' must be true or false, not 1"),
        ("run = 1", "harness.toml: 'run' must be a table, [run], not 1"),
        (
            '[run]\nmethod = "a"',
            "harness.toml: [run] has an unknown key 'method'; did you mean 'methods'?",
        ),
        ("[run.seeds]\na = 1", "harness.toml: [run] 'seeds' must be text or a list, not a table"),
    ],
)
def test_a_mistake_in_the_file_is_named(configure, text, message):
    configure(text)
    with pytest.raises(UsageError) as error:
        invoke()
    assert str(error.value) == message


@click.command("run")
@click.option("--seeds", type=Commas())
@click.option("--tile", type=WholeNumber(16))
@click.option("--images", type=CountOrAll())
@click.option("--jobs", type=CountOrAuto())
@click.option("--every", type=Number(0))
@click.option("--fp", type=click.Choice(["fp32", "bf16"]))
@click.option("--out", type=click.Path(file_okay=False))
@click.option("--root", multiple=True)
@click.option("--fresh", is_flag=True)
def typed(**options):
    return options


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tile = 32", 32),
        ("every = 2", 2.0),
        ("every = 2.5", 2.5),
        ("images = 8", 8),
        ('images = "8"', 8),
        ("jobs = 4", 4),
        ('jobs = "auto"', None),
        ('seeds = [1, "2"]', "1,2"),
        ('fp = "bf16"', "bf16"),
        ("fresh = true", True),
        ('root = ["a=b", "c=d"]', ("a=b", "c=d")),
    ],
)
def test_a_value_of_the_type_of_its_option_is_taken(configure, text, value):
    configure(f"[run]\n{text}")
    defaults = read_and_check().defaults_of(typed)
    options = typed.main([], standalone_mode=False, default_map=defaults)
    assert options[text.partition(" ")[0]] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tile = 32.7", "must be a whole number, not 32.7"),
        ("tile = [32]", "must be a whole number, not [32]"),
        ("tile = true", "must be a whole number, not true"),
        ('tile = "32"', "must be a whole number, not '32'"),
        ("tile = 2020-01-02", "must be a whole number, not 2020-01-02"),
        ("tile = 3", ": 3 is not in the range x>=16"),
        ("every = true", "must be a number, not true"),
        ("every = nan", ": 'nan' is not a finite number"),
        ("every = -inf", ": '-inf' is not a finite number"),
        ("images = 1.5", "must be a whole number or text, not 1.5"),
        ('images = "²"', ": cannot read --images '²': write a number, or 'all'"),
        ("seeds = [true]", "must be a list of texts or numbers, not true"),
        ("seeds = [[0]]", "must be a list of texts or numbers, not [0]"),
        ('fp = "fp8"', ": 'fp8' is not one of 'fp32', 'bf16'"),
        ("fp = 32", "must be text, not 32"),
        ("out = 3", "must be text, not 3"),
        ('out = "a\\u0000"', "must not hold the character NUL"),
        ("root = [3]", "must be text, not 3"),
        ("fresh = 3", "must be true or false, not 3"),
        ('fresh = "yes"', "must be true or false, not 'yes'"),
    ],
)
def test_a_value_that_its_option_would_refuse_is_named_with_its_place(configure, text, message):
    configure(f"[run]\n{text}")
    key = text.partition(" ")[0]
    with pytest.raises(UsageError) as error:
        read_and_check().defaults_of(typed)
    where = f"harness.toml: [run] {key!r}"
    assert str(error.value) == where + (message if message[0] == ":" else f" {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tool = 3", "pyproject.toml: 'tool' must be a table, [tool], not 3"),
        ("[tool]\nharness = 3", "pyproject.toml: [tool] 'harness' must be a table, not 3"),
    ],
)
def test_the_table_of_a_project_file_must_be_one(configure, text, message):
    configure(text, "pyproject.toml")
    with pytest.raises(UsageError) as error:
        read_and_check()
    assert str(error.value) == message


def test_brackets_nested_too_deeply_are_an_error_of_one_line(configure):
    configure(f"[run]\nseeds = {'[' * 3000}{']' * 3000}")
    with pytest.raises(UsageError) as error:
        read_and_check()
    assert str(error.value) == (
        "cannot read the configuration harness.toml: its brackets nest too deeply"
    )


def test_a_long_value_is_cut_in_the_message(configure):
    configure(f"[run]\ntile = {list(range(5000))}")
    with pytest.raises(UsageError) as error:
        read_and_check().defaults_of(typed)
    assert len(str(error.value)) < 200


def test_a_file_that_is_no_toml_is_an_error(configure):
    configure("[run")
    with pytest.raises(UsageError, match=r"cannot read the configuration harness\.toml: "):
        invoke()


def test_plugins_lie_relative_to_the_file(tmp_path):
    (tmp_path / "some.toml").write_text('plugin = ["mine.py", "pkg.hooks", "no:other"]')
    config = read_config(tmp_path / "some.toml")
    assert config.plugins == [str(tmp_path / "mine.py"), "pkg.hooks", "no:other"]


def test_plugins_of_the_file_are_loaded_by_the_real_command(run_harness, tmp_path):
    (tmp_path / "own.py").write_text(
        "from harness import MethodSpec, hookimpl\n@hookimpl\ndef harness_register_methods():\n"
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
