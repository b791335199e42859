"""A plugin that was written for interface 1 runs unchanged."""

from pathlib import Path

import pytest
import torch

from harness.results.records import Run
from harness.runs.folder import load_run

PLUGIN = Path(__file__).parents[2] / "toys" / "interface_1.py"


@pytest.fixture
def run(in_process):
    """Runs the plugin on its grey images; further options are passed on."""

    def run(*options: str) -> Run:
        code, _, err = in_process(
            *("run", "--plugin", str(PLUGIN), "--datasets", "ramps[count=1]"),
            *("--budget", "quick", "--device", "cpu", *options),
        )
        assert code == 0, err
        return load_run(Path("runs/latest").resolve())

    return run


def test_a_plugin_of_interface_1_trains_scores_and_reports(run, in_process):
    made = run("--methods", "old[limit=2,sizes=[3,5]],bare", "--metrics", "psnr,distance[power=2]")

    old, bare = made.cells
    assert (old.status, bare.status) == ("done", "done")
    assert old.parameters["channels"] == 1  # of the images
    assert old.parameters["net"] == "old-net[kernel=3]"
    assert old.parameters["iterations"] == 4
    assert [score.protocol for score in old.scores] == ["8bit", "power 2"]
    (fit,) = made.fits
    assert fit.trained_on == "ramps[count=1]"

    code, _, err = in_process("report", "--plugin", str(PLUGIN), "--format", "words")
    assert code == 0, err
    text = Path("runs/latest/report/words.txt").read_text()
    assert text.splitlines()[1] == "bare on ramps[count=1]"


def test_its_way_of_loading_published_weights_is_called(run):
    selector = "old[channels=1]"
    weights = {"net.weight": torch.zeros(1, 1, 1, 1), "net.bias": torch.full((1,), 0.25)}
    torch.save({"wrapped": weights}, "old.pt")

    made = run("--methods", selector, "--metrics", "distance", "--weights", f"{selector}=old.pt")

    (cell,) = made.cells
    clean = torch.arange(48) * 4 / 255
    assert cell.scores[0].value == pytest.approx(float((clean - 64 / 255).abs().mean()), abs=1e-3)


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("old[iterations=0]", "parameter 'iterations' must be at least 1, not 0"),
        ("old[loss=l3]", "parameter 'loss' must be one of l1, l2, not 'l3'"),
        ("old[net=nothing]", "there is no network 'nothing'"),
        ("old[depth=1]", "it has channels, iterations, limit, loss, net, sizes"),
    ],
)
def test_what_it_declares_is_checked(in_process, selector, message):
    code, _, err = in_process(
        "run", "--plugin", str(PLUGIN), "--methods", selector, "--datasets", "ramps"
    )
    assert code == 2
    assert message in err
