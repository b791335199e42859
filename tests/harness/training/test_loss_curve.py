import json

import pytest

from harness.errors import DiskFullError
from harness.training.loss_curve import LossCurve


def test_rewinding_drops_what_came_after_and_a_line_cut_short(tmp_path):
    path = tmp_path / "losses.jsonl"
    curve = LossCurve(path)
    for stage, iteration in [(0, 5), (0, 10), (1, 5), (1, 10)]:
        curve.append(stage=stage, iteration=iteration, loss=0.5)
    with path.open("a") as file:
        file.write('{"stage": 1, "iter')
    curve.rewind(1, 7)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["stage"], line["iteration"]) for line in lines] == [(0, 5), (0, 10), (1, 5)]


def test_rewinding_to_the_start_empties_the_curve(tmp_path):
    curve = LossCurve(tmp_path / "losses.jsonl")
    curve.append(stage=0, iteration=1, loss=0.5)
    curve.rewind(0, 0)
    assert curve.path.read_text() == ""


def test_a_full_disk_is_named_with_the_curve(tmp_path):
    path = tmp_path / "losses.jsonl"
    path.symlink_to("/dev/full")
    with pytest.raises(DiskFullError, match=f"the disk is full: cannot write {path}"):
        LossCurve(path).append(stage=0, iteration=1, loss=0.5)
