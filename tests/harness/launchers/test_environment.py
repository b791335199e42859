import pytest

from harness.launchers import Resources
from harness.launchers.environment import foreign_variables, job_environment, job_variables

ALL = Resources()


@pytest.mark.parametrize(
    "name",
    [
        "ACCELERATE_GRADIENT_ACCUMULATION_STEPS",
        "ACCELERATE_USE_CPU",
        "ACCELERATE_TORCH_DEVICE",
        "ACCELERATE_DYNAMO_BACKEND",
        "FSDP_VERSION",
        "RANK",
        "WORLD_SIZE",
        "LOCAL_RANK",
        "MASTER_ADDR",
        "MASTER_PORT",
        "OMPI_COMM_WORLD_RANK",
        "PMI_SIZE",
        "PET_NPROC_PER_NODE",
    ],
)
def test_what_is_meant_for_other_programs_processes_is_left_out(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    assert foreign_variables([name]) == [name]
    assert name not in job_environment(ALL)


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "PATH", "HF_HOME"])
def test_all_else_reaches_the_job(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    assert job_environment(ALL)[name] == "1"


def test_a_job_with_all_of_the_machine_is_told_nothing_of_it():
    assert job_variables(ALL) == {}


def test_a_job_is_told_its_part_of_the_threads_and_of_the_memory():
    assert job_variables(Resources(threads=3, memory=0.25)) == {
        "OMP_NUM_THREADS": "3",
        "MKL_NUM_THREADS": "3",
        "HARNESS_MEMORY_SHARE": "0.25",
    }


@pytest.mark.parametrize(
    ("seen", "gpus", "visible"),
    [
        (None, (1,), "1"),
        (None, (0, 2), "0,2"),
        ("", (1,), "1"),
        ("4, 6,7", (1,), "6"),
        ("GPU-a,GPU-b", (1, 0), "GPU-b,GPU-a"),
        ("MIG-a", (0,), "MIG-a"),
    ],
)
def test_gpus_have_for_a_job_the_names_that_they_have_here(monkeypatch, seen, gpus, visible):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if seen is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", seen)
    assert job_environment(Resources(gpus=gpus))["CUDA_VISIBLE_DEVICES"] == visible
