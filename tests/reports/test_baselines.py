"""The baselines of this project: what they hold, and that a worse build fails."""

import json
import tomllib
from pathlib import Path

import pytest

from harness.gate.baselines import read_baselines
from harness.gate.sources import read_side
from harness.plugin.registry import load_registry

FOLDER = Path(__file__).parents[2] / "reports" / "baselines"
BASELINES = read_baselines(FOLDER / "baselines.toml")
CELLS = {run.name: read_side(BASELINES.file_of(run)).cells for run in BASELINES.runs}
WORSE = """
from harness import MethodSpec, hookimpl
from harness_baselines.n2c import NoiseToClean, Supervised
from harness_classical.guided_filter import GuidedFilter

@hookimpl
def harness_register_methods():
    return (
        MethodSpec(name="guided-filter", target="worse:Filter", summary="A little too dark."),
        MethodSpec(name="n2c", target="worse:Trained", summary="It.", trains=True, view="pairs"),
    )

class Filter(GuidedFilter):
    def denoise(self, noisy):
        return 0.98 * super().denoise(noisy)

class Halved(Supervised):
    def forward(self, batch):
        return super().forward(batch._replace(clean=0.5 * batch.clean))

class Trained(NoiseToClean):
    def stages(self):
        return [Halved(self.denoiser, self.recipe, self.loss)]
"""


def test_every_method_of_this_project_has_a_baseline():
    measured = {cell.method.partition("[")[0] for cells in CELLS.values() for cell in cells}
    assert measured == {entry.spec.name for entry in load_registry().entries("method")}


def test_no_baseline_depends_on_the_budget_quick_or_on_times():
    for cells in CELLS.values():
        for cell in cells:
            assert "quick" not in cell.configuration.get("budget", "")
            assert not any(score.column.depends_on_machine for score in cell.scores)
            assert cell.is_done


def test_every_score_is_kept_image_by_image():
    for cells in CELLS.values():
        for score in (score for cell in cells for score in cell.scores):
            assert len(score.images) == 15


@pytest.mark.slow
@pytest.mark.parametrize(("name", "method"), [("classical", "guided-filter"), ("trained", "n2c")])
def test_a_worse_build_fails(name, method, in_process, tmp_path):
    (run,) = (run for run in BASELINES.runs if run.name == name)
    (cell,) = (cell for cell in CELLS[name] if cell.method.startswith(method))
    own = json.loads(BASELINES.file_of(run).read_text(encoding="utf-8"))
    own["cells"] = [each for each in own["cells"] if each["method"] == cell.method]
    (tmp_path / f"{name}.json").write_text(json.dumps(own), encoding="utf-8")
    text = (FOLDER / "baselines.toml").read_text(encoding="utf-8")
    _write_rules(tmp_path / "gate.toml", text, name, cell.method)
    assert in_process("baseline", "check", "gate.toml")[0] == 0
    (tmp_path / "worse.py").write_text(WORSE, encoding="utf-8")
    plugins = ("--plugin", "no:classical", "--plugin", "no:baselines", "--plugin", "./worse.py")
    code, out, _ = in_process("baseline", "check", "gate.toml", *plugins)
    assert code == 1, out
    assert "▼ worse" in out


def _write_rules(path: Path, text: str, name: str, method: str) -> None:
    """The file of rules with one run of one method."""
    (run,) = (each for each in tomllib.loads(text)["run"] if each["name"] == name)
    table = {**run, "methods": method}
    lines = ["[[run]]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    path.write_text("\n".join(lines) + "\n" + text[text.index("[[tolerance]]") :], encoding="utf-8")
