"""The fragments of the changelog can be read, and make a changelog."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["towncrier"]
FOLDER = ROOT / SETTINGS["directory"]
README = (FOLDER / "README.md").read_text(encoding="utf-8")
TYPES = [each["directory"] for each in SETTINGS["type"]]
FRAGMENTS = sorted(path for path in FOLDER.iterdir() if path.name != "README.md")


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda path: path.name)
def test_a_fragment_has_a_name_a_type_and_whole_sentences(fragment):
    pattern = rf"(\+[a-z0-9-]+|[0-9]+)\.({'|'.join(TYPES)})(\.[0-9]+)?\.md"
    assert re.fullmatch(pattern, fragment.name)
    text = fragment.read_text(encoding="utf-8")
    assert text.strip().endswith(".")
    assert max(map(len, text.splitlines())) <= 100


def test_the_readme_of_the_fragments_names_their_types():
    assert re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE) == TYPES


def test_the_changelog_has_the_line_below_which_releases_are_written():
    assert SETTINGS["start_string"] in (ROOT / SETTINGS["filename"]).read_text(encoding="utf-8")


def test_the_draft_of_the_next_release_holds_every_fragment():
    pytest.importorskip("towncrier")
    draft = subprocess.run(
        [sys.executable, "-m", "towncrier", "build", "--draft", "--dir", ROOT],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    words = " ".join(draft.split())
    missing = [
        path.name
        for path in FRAGMENTS
        if " ".join(path.read_text(encoding="utf-8").split()) not in words
    ]
    assert missing == []
