"""The page of the datasets keeps its word."""

import re
from pathlib import Path

import numpy as np
import pytest

from harness import write_image
from harness.data.images import MAX_PIXELS
from harness.runs.folder import load_run

PAGE = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Your own dataset")[2]


@pytest.fixture
def pairs(tmp_path):
    """A folder of two noisy images, each two grey levels off its clean one."""
    folder = tmp_path / "images"
    for name in ("a", "b"):
        clean = np.full((64, 64, 3), 100, np.uint8)
        write_image(folder / f"{name}_in.png", clean + np.uint8(2))
        write_image(folder / f"{name}_out.png", clean)
    return folder


def test_the_dataset_runs_as_it_stands_with_the_command_below_it(in_process, pairs):
    (source,) = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
    (line,) = re.findall(r"^harness (run .*)$", SECTION, re.MULTILINE)
    Path("pairs.py").write_text(source)
    code, _, err = in_process(*line.replace("'", "").replace("DIR", str(pairs)).split())
    assert code == 0, err
    (cell,) = load_run(Path("runs/latest").resolve()).cells
    assert cell.scores[0].value == pytest.approx(20 * np.log10(255 / 2))


def test_the_page_names_the_limit_on_pixels():
    assert f"{MAX_PIXELS:,} pixels" in PAGE
