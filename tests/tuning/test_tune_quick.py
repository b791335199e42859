import importlib.util
from pathlib import Path

import pytest

from harness import Request
from harness.plugin.registry import load_registry
from harness.runs.planning import make_plan

ALL = ("lgbpn", "ssid", "amsnet", "dbsn")
SCRIPT = Path(__file__).parent / "tune_quick.py"
spec = importlib.util.spec_from_file_location("tune_quick", SCRIPT)
tune_quick = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tune_quick)


@pytest.mark.parametrize("method", tune_quick.CANDIDATES)
def test_every_candidate_can_be_planned_and_differs_from_what_there_is(method):
    candidates = tune_quick.CANDIDATES[method]
    plan = make_plan(
        Request(
            methods=tune_quick.selectors(method, candidates),
            datasets="camera",
            split="tune",
            metrics=tune_quick.METRICS,
            device="cpu",
        ),
        load_registry(),
    )
    assert len({fit.key for fit in plan.fits}) == 1 + len(candidates)
    assert {cell.data.split for cell in plan.cells} == {"tune"}


def test_the_script_runs_what_it_is_asked_to_try(tmp_path, capfd):
    code = tune_quick.main(
        ["n2v", "--try", "crop=64", "--out", str(tmp_path / "out"), "--", "--dry-run"]
    )
    assert code == 0
    out = capfd.readouterr().out
    assert "train n2v[crop=64] on camera, seed 0" in out
    assert "test n2v[crop=64] on camera" in out


def test_each_method_says_what_it_was_tuned_on():
    registry = load_registry()
    said = {each: registry.find("method", each).spec.quick_chosen_on for each in ALL}
    assert said == {
        "lgbpn": "camera, split tune",
        "ssid": "camera, split tune",
        "amsnet": "camera, split tune",
        "dbsn": "camera, split tune",
    }
