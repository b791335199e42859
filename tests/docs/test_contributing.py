"""CONTRIBUTING.md keeps its word: the map of the rooms, and the kinds of plugins."""

import re
import tomllib
from pathlib import Path

import pytest

from harness.specs import KINDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MAP = re.findall(r"^\| `([\w./]+)` \| .+ \|$", PAGE, re.MULTILINE)
ROOMS = [place for place in MAP if place.startswith("harness/")]
AROUND = [place for place in MAP if place.endswith("/") and place not in ROOMS]


def name_of(room):
    return Path(room).stem


def test_every_room_of_the_core_is_on_the_map_and_no_other():
    core = ROOT / "harness"
    found = {f"harness/{path.parent.name}/" for path in core.glob("*/__init__.py")}
    found |= {f"harness/{path.name}" for path in core.glob("[!_]*.py")}
    assert sorted(ROOMS) == sorted(found)


def test_every_folder_around_the_core_is_on_the_map_and_no_other():
    ours = {
        f"{path.relative_to(ROOT).parts[0]}/"
        for pattern in ("*/*.md", "*/*.py", "*/harness_*/*.py", ".ci/*")
        for path in ROOT.glob(pattern)
    }
    passing = {"build/", "runs/", "noise/", "site/", ".pytest_cache/", ".venv/"}
    assert sorted(AROUND) == sorted(ours - passing - {"harness/"})


def test_the_map_lists_the_rooms_from_the_top_floor_to_the_ground():
    (contract,) = [each for each in PROJECT["tool"]["importlinter"]["contracts"]
                   if each.get("containers") == ["harness"]]  # fmt: skip
    floors = [re.split(r"\W+", layer) for layer in contract["layers"]]
    floor = {room: number for number, rooms in enumerate(floors) for room in rooms}
    assert set(map(name_of, ROOMS)) == set(floor)
    numbers = [floor[name_of(room)] for room in ROOMS]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_says_how_to_add_a_plugin_of_every_kind(kind):
    assert f"**A {kind}**: " in PAGE
    assert f"`harness_register_{kind}s`" in PAGE
