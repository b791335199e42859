"""Runs on sets whose ground truth the server alone has, and on SIDD, from fixtures."""

import json
from collections.abc import Sequence
from pathlib import Path

import made_matlab
import numpy as np
import pytest
from PIL import Image

from harness import Roots, Sample, open_split
from harness.plugin.registry import load_registry
from harness.runs.planning import make_plan
from harness.runs.request import Request
from harness.specs import LoadSettings

INSTANCES = ("0001_001_S6_00100_00060_3200_L", "0035_002_GP_00800_00350_3200_N")


@pytest.fixture
def shelf(tmp_path):
    """A folder with a folder for each set."""
    blocks = made_matlab.random_blocks(images=2, blocks=2, side=48)
    for name, dataset in (
        ("ValidationNoisyBlocksSrgb", "sidd-validation"),
        ("ValidationGtBlocksSrgb", "sidd-validation"),
        ("BenchmarkNoisyBlocksSrgb", "sidd-benchmark"),
    ):
        made_matlab.sidd_blocks(tmp_path / "data" / dataset / f"{name}.mat", name, blocks)
    made_matlab.dnd(tmp_path / "data" / "dnd", images=2, side=48, boxes=2)
    for seed, instance in enumerate(INSTANCES):
        folder = tmp_path / "data" / "sidd-medium" / "Data" / instance
        folder.mkdir(parents=True)
        for half in ("NOISY", "GT"):
            pixels = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{instance[:4]}_{half}_SRGB_010.PNG")
    return tmp_path / "data"


def test_a_method_trains_on_the_test_images_of_sets_without_ground_truth(in_process, shelf, toys):
    code, table, _ = in_process(
        *("run", "--plugin", str(toys), "--methods", "identity,toy", "--device", "cpu"),
        *("--datasets", "dnd,sidd-benchmark", "--train-on", "test", "--metrics", "psnr,ssim"),
        *("--data-root", str(shelf)),
    )
    assert code == 0
    rows = [line.split() for line in table.splitlines() if line.startswith("toy ")]
    assert [row[1].rstrip(",") for row in rows] == ["dnd", "sidd-benchmark"]
    assert all("its test images" in " ".join(row) for row in rows)
    assert all(row.count("n/a") == 2 for row in rows)
    assert "PSNR: its ground truth is not public: its server scores it" in table
    assert "toy: trained on the noisy test images of dnd." in table


@pytest.fixture
def plan(shelf, toys):
    registry = load_registry(LoadSettings(plugins=(str(toys),)))

    def plan(**options):
        request = Request(metrics="psnr", device="cpu", roots=Roots(base=shelf), **options)
        return make_plan(request, registry)

    return plan


@pytest.mark.parametrize("dataset", ["sidd-validation", "sidd-benchmark", "dnd"])
def test_models_are_trained_on_sidd_medium_and_part_of_it_is_marked(plan, dataset):
    (fit,) = plan(methods="toy", datasets=dataset).fits
    assert (fit.data.label, fit.data.split) == ("sidd-medium", "train")
    assert fit.data.part == "2 of 320"


@pytest.mark.parametrize(
    "suite", ["lgbpn-comparison", "ssid-comparison", "amsnet-comparison", "apbsn-refinement"]
)
def test_the_papers_suites_are_planned_on_their_datasets(plan, suite):
    cells = plan(suite=suite).cells
    assert {cell.data.label for cell in cells} >= {"sidd-benchmark", "dnd"}


def test_published_values_are_listed_with_what_differs(in_process, shelf):
    code, text, _ = in_process(
        *("run", "--methods", "apbsn", "--datasets", "sidd-validation", "--metrics", "ssim"),
        *("--budget", "quick:1it", "--data-root", str(shelf), "--published", "all", "--json"),
        *("--device", "cpu"),
    )
    assert code == 0
    (cell,) = json.loads(text)["cells"]
    listed = {(each["score"], each["value"]): each["differs"] for each in cell["published"]}
    differs = listed["SSIM (matlab-volume)", 0.934]
    assert "here 4 of 1280 images" in differs
    assert "trained on sidd-medium, here on sidd-medium, 2 of 320" in differs
    assert "protocol matlab-volume, here skimage" in differs


@pytest.mark.parametrize("dataset", ["sidd-medium", "sidd-validation", "sidd-benchmark", "dnd"])
def test_a_set_is_prepared_once_and_read_from_there(in_process, shelf, dataset):
    split = "train" if dataset == "sidd-medium" else "test"
    before = [sample.noisy() for sample in opened(dataset, split, shelf)]
    code, out, _ = in_process("data", "prepare", dataset, "--data-root", str(shelf))
    assert code == 0
    assert f"{dataset}, {split}: {len(before)} images" in out
    after = [sample.noisy() for sample in opened(dataset, split, shelf)]
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True))


def opened(dataset: str, split: str, shelf: Path) -> Sequence[Sample]:
    registry = load_registry()
    return open_split(registry, registry.choose("dataset", dataset), split, Roots(base=shelf))
