from dataclasses import replace

from harness.plugin.registry import LoadSettings
from harness.results.jobs import (
    CellJob,
    DataReference,
    FitJob,
    MetricReference,
    Progress,
    ProgressFile,
    read_job,
    write_job,
)


def make_fit(folder) -> FitJob:
    return FitJob(
        key="k",
        folder=folder,
        settings=LoadSettings(plugins=("no:x",)),
        method="m[sizes=[1,2]]",
        method_name="m",
        parameters={"sizes": (1, 2), "rate": 1e-3, "name": None},
        seed=3,
        device="cpu",
        precision="fp32",
        data=DataReference(
            label="d", name="d", parameters={"root": "/data"}, split="train", fingerprint="abc"
        ),
        budget="quick",
    )


def test_a_fit_is_read_as_it_was_written(tmp_path):
    fit = make_fit(tmp_path)
    assert read_job(write_job(fit)) == fit


def test_a_cell_is_read_as_it_was_written(tmp_path):
    fit = make_fit(tmp_path / "fit")
    cell = CellJob(
        key="c",
        folder=tmp_path / "cell",
        settings=fit.settings,
        method=fit.method,
        method_name=fit.method_name,
        parameters=fit.parameters,
        seed=0,
        device="cpu",
        precision="bf16",
        data=replace(fit.data, split="test"),
        metrics=(MetricReference(label="ssim", name="ssim", parameters={"protocol": "wang"}),),
        fit="k",
        fit_folder=fit.folder,
        images=None,
    )
    assert read_job(write_job(cell)) == cell


def test_progress_is_written_a_few_times_a_second_only(tmp_path):
    file = ProgressFile(tmp_path, interval=1000)
    assert file.read() is None
    first = Progress(0.25, "stage, loss 0.1", 12.0, "it")
    file.write(first)
    file.write(Progress(0.5, "later", 12.0, "it"))
    assert file.read() == first
