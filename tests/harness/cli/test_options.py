"""Options that commands share mean the same in each."""

from pathlib import Path

import click
import pytest

from harness.cli.options import data_options, roots_of
from harness.data.roots import Roots
from harness.errors import UsageError


@click.command()
@data_options
def command(root, data_root):
    return roots_of(root, data_root)


def invoke(*arguments, **in_file):
    return command.main(list(arguments), standalone_mode=False, default_map=in_file)


def test_options_say_where_datasets_lie():
    assert invoke("--root", "a=/a", "--data-root", "/all") == Roots(
        {"a": Path("/a")}, Path("/all"), Roots()
    )


def test_what_the_configuration_file_says_of_them_goes_behind_the_environment():
    found = invoke("--root", "a=/a", root=["b=/b"], data_root="/all")
    assert found == Roots({"a": Path("/a")}, None, Roots({}, Path("/all")))
    assert invoke(root=["b=/b"]) == Roots({}, None, Roots({"b": Path("/b")}))


def test_a_root_that_cannot_be_read_is_told():
    with pytest.raises(UsageError, match=r"^cannot read --root 'a': write NAME=DIR$"):
        invoke("--root", "a")


def test_outside_of_a_command_every_value_is_said_now():
    assert roots_of(["a=/a"], Path("/all")) == Roots({"a": Path("/a")}, Path("/all"), Roots())
