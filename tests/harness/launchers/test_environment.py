import pytest

from harness.launchers.environment import foreign_variables, job_environment


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
    assert name not in job_environment()


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "PATH", "HF_HOME"])
def test_all_else_reaches_the_job(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    assert job_environment()[name] == "1"
