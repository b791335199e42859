"""The user's own file keeps the folders of datasets, and all else that stands in it."""

import os
import tomllib
from pathlib import Path

import pytest

from harness.data.kept_roots import configuration_file, keep_root, kept_roots
from harness.errors import DiskFullError, UsageError

FILE = """\
# mine
[other] # of another program
polyu = "not this"

[roots]   # of datasets
sidd = '/data/SIDD'  # the small one
"polyu" = "/old"

[last]
x = 1
"""


@pytest.fixture
def file():
    path = configuration_file()
    path.parent.mkdir(parents=True)
    return path


def test_without_a_file_no_folder_is_kept():
    assert kept_roots() == {}


def test_a_folder_is_kept_until_another_takes_its_place():
    path = keep_root("polyu", Path("/data/PolyU"))
    assert path == configuration_file()
    assert path.read_text() == '[roots]\npolyu = "/data/PolyU"\n'
    keep_root("dnd", Path("/data/dnd"))
    keep_root("polyu", Path("/new"))
    assert kept_roots() == {"dnd": Path("/data/dnd"), "polyu": Path("/new")}


def test_comments_and_other_keys_stay(file):
    file.write_text(FILE)
    keep_root("polyu", Path("/new"))
    assert file.read_text() == FILE.replace('"polyu" = "/old"', '"polyu" = "/new"')
    keep_root("cc15", Path("/cc"))
    assert tomllib.loads(file.read_text())["other"] == {"polyu": "not this"}
    assert kept_roots() == {"cc15": Path("/cc"), "polyu": Path("/new"), "sidd": Path("/data/SIDD")}


def test_a_table_is_added_where_the_file_has_none(file):
    file.write_text("# mine\nx = 1")
    keep_root("polyu", Path("/new"))
    assert file.read_text() == '# mine\nx = 1\n[roots]\npolyu = "/new"\n'


@pytest.mark.parametrize("name", ["a b", 'quo"te', "back\\slash", "ü ✓", "tab\there"])
def test_a_folder_of_any_name_is_kept_as_it_is(name):
    keep_root("polyu", Path("/data") / name)
    assert kept_roots() == {"polyu": Path("/data") / name}


def test_a_relative_folder_lies_below_the_file_and_the_home_folder_is_known(file, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    file.write_text('[roots]\na = "sets/a"\nb = "~/b"')
    assert kept_roots() == {"a": file.parent / "sets" / "a", "b": Path("/home/me/b")}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[roots", "cannot read the configuration {file}: "),
        ("roots = 3", "{file}: 'roots' must be a table, [roots]"),
        ("[roots]\npolyu = 3", "{file}: [roots] 'polyu' must be a folder, as text"),
        ('[roots]\npolyu = ""', "{file}: [roots] 'polyu' must be a folder, as text"),
    ],
)
def test_a_file_that_is_broken_is_named_and_left_as_it_is(file, text, wrong):
    file.write_text(text)
    for use in (kept_roots, lambda: keep_root("polyu", Path("/new"))):
        with pytest.raises(UsageError) as caught:
            use()
        assert str(caught.value).startswith(wrong.format(file=file))
        assert "\n" not in str(caught.value)
    assert file.read_text() == text


@pytest.mark.parametrize(
    "text",
    [
        'roots.polyu = "/old"',
        'roots = {polyu = "/old"}',
        '[roots]\npolyu = """\n/old"""',
        '[a]\nx = """\n[roots]\n"""',
    ],
)
def test_a_folder_is_changed_however_it_is_written(file, text):
    file.write_text(text)
    rest = {key: value for key, value in tomllib.loads(text).items() if key != "roots"}
    keep_root("polyu", Path("/new"))
    assert tomllib.loads(file.read_text()) == {**rest, "roots": {"polyu": "/new"}}


def test_a_link_to_a_file_elsewhere_stays_a_link(file, tmp_path):
    (tmp_path / "dotfiles.toml").write_text("x = 1\n")
    file.symlink_to(tmp_path / "dotfiles.toml")
    keep_root("polyu", Path("/new"))
    assert file.is_symlink()
    assert tomllib.loads((tmp_path / "dotfiles.toml").read_text())["roots"] == {"polyu": "/new"}


def test_a_full_disk_leaves_the_older_file(file, full_disk):
    file.write_text("x = 1")
    full_disk(file)
    with pytest.raises(DiskFullError, match=r"^the disk is full: cannot write .*config\.toml$"):
        keep_root("polyu", Path("/new"))
    assert file.read_text() == "x = 1"


def test_a_file_that_cannot_be_read_is_named(file):
    file.mkdir()
    with pytest.raises(UsageError, match=rf"^cannot read the configuration {file}: Is a directory"):
        kept_roots()


def test_without_a_home_folder_the_variable_is_named(monkeypatch):
    def nobody(*_):
        raise RuntimeError

    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.setattr(Path, "home", nobody)
    with pytest.raises(UsageError, match=r"^cannot find the home folder; set XDG_CONFIG_HOME$"):
        configuration_file()
