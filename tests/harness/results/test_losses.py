import json

from harness.results.losses import GrowingCurve, LossPoint
from harness.results.names import LOSSES


def line(iteration: int, **more) -> str:
    return json.dumps({"stage": 0, "iteration": iteration, "loss": 0.5, "seconds": 1.0, **more})


def test_a_curve_that_grows_is_read_point_by_point(tmp_path):
    curve, path = GrowingCurve(tmp_path), tmp_path / LOSSES
    assert curve.further() == []
    path.write_text(f"{line(1)}\n{line(2, learning_rate=0.1, preview='p/2.png')}\n{line(3)[:9]}")
    assert curve.further() == [
        LossPoint(0, 1, 0.5, 1.0),
        LossPoint(0, 2, 0.5, 1.0, 0.1, tmp_path / "p/2.png"),
    ]
    assert curve.further() == []
    with path.open("a") as file:
        file.write(f"{line(3)[9:]}\n")
    assert [point.iteration for point in curve.further()] == [3]


def test_nothing_is_read_after_a_line_that_is_damaged(tmp_path):
    curve = GrowingCurve(tmp_path)
    (tmp_path / LOSSES).write_text(f"{line(1)}\nno line\n{line(2)}\n")
    assert [point.iteration for point in curve.further()] == [1]
    assert curve.further() == []
