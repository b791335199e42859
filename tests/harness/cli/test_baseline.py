"""``harness baseline`` through the real command: it writes, compares, and catches a worse build."""

import pytest

from harness.errors import UsageError
from harness.gate.baselines import BaselineRun, read_baselines

FILE = """
[[run]]
name = "untrained"
methods = "mine"
datasets = "scenes"
metrics = "psnr"
"""
METHOD = """
from harness import Method, MethodSpec, hookimpl

@hookimpl
def harness_register_methods():
    return MethodSpec(name="mine", target="mine:Mine", summary="Half the noisy image.")

class Mine(Method):
    def denoise(self, noisy):
        return noisy * {factor}
"""


@pytest.fixture
def build(in_process, tmp_path, toys):
    """Runs ``harness baseline`` with a method that multiplies by a factor."""
    (tmp_path / "gate.toml").write_text(FILE, encoding="utf-8")

    def build(action, factor):
        (tmp_path / "mine.py").write_text(METHOD.format(factor=factor), encoding="utf-8")
        plugins = ("--plugin", str(toys), "--plugin", "./mine.py")
        return in_process("baseline", action, "gate.toml", *plugins)

    return build


def test_a_baseline_is_written_and_holds(build, tmp_path):
    code, out, _ = build("update", 0.9)
    assert code == 0
    assert out.splitlines()[-2:] == ["Nothing could be compared: 1 new.", "untrained.json"]
    assert (tmp_path / "untrained.json").exists()
    code, out, _ = build("check", 0.9)
    assert code == 0
    assert "Nothing fails: 1 same." in out


def test_a_worse_build_fails_and_renewing_says_by_how_much(build, tmp_path):
    build("update", 0.9)
    before = (tmp_path / "untrained.json").read_text()
    code, out, _ = build("check", 0.8)
    assert code == 1
    assert "▼ worse" in out
    assert (tmp_path / "untrained.json").read_text() == before
    code, out, _ = build("update", 0.8)
    assert code == 0
    assert "▼ worse" in out
    assert (tmp_path / "untrained.json").read_text() != before
    assert build("check", 0.8)[0] == 0


def test_without_a_baseline_nothing_can_be_compared(build):
    assert build("check", 0.9)[0] == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"names nothing to run: it needs a table \[\[run\]\]"),
        ('[[run]]\nname = "a"\nmethods = "b"', r"\[\[run\]\] 1 lacks 'datasets'"),
        (FILE + FILE, "'untrained' must be the name of a file, and of one run"),
        (FILE.replace("untrained", "../a"), "must be the name of a file"),
        (FILE + 'seeds = "x"', "cannot read the seeds 'x'"),
        (FILE + "budgets = 1", "unknown key 'budgets'; did you mean 'budget'"),
    ],
)
def test_a_mistake_in_the_file_is_named(text, message, tmp_path):
    path = tmp_path / "gate.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        read_baselines(path)


def test_a_run_is_asked_for_as_its_table_says(tmp_path):
    run = BaselineRun(name="a", methods="mine", datasets="scenes", budget="8it", seeds="0,1")
    request = run.request(tmp_path)
    assert (request.methods, request.budget, request.seeds) == ("mine", "8it", [0, 1])
    assert (request.device, request.metrics, request.out) == ("cpu", "psnr,ssim", tmp_path)
