"""The environment of a job: what it gets of the machine, and nothing of other programs."""

import os
from collections.abc import Iterable

from harness.launchers import Resources
from harness.util.memory import MEMORY_SHARE

VISIBLE_GPUS = "CUDA_VISIBLE_DEVICES"
THREADS = "OMP_NUM_THREADS"

_PREFIXES = (
    "ACCELERATE_",
    "FSDP_",
    "MEGATRON_LM_",
    "PARALLELISM_CONFIG_",
    "PET_",  # defaults of torchrun's options
    "TORCHELASTIC_",
    "OMPI_COMM_WORLD_",
    "MV2_COMM_WORLD_",
    "MPI_LOCAL",
    "PMI_",
)
_NAMES = {
    "RANK",
    "WORLD_SIZE",
    "LOCAL_RANK",
    "LOCAL_WORLD_SIZE",
    "GROUP_RANK",
    "GROUP_WORLD_SIZE",
    "ROLE_RANK",
    "ROLE_WORLD_SIZE",
    "ROLE_NAME",
    "NODE_RANK",
    "NPROC",
    "MASTER_ADDR",
    "MASTER_PORT",
    "FORK_LAUNCHED",
}


def foreign_variables(names: Iterable[str]) -> list[str]:
    """Those environment variables that would change how a job trains without being in its key.

    They choose processes, device, precision, accumulation and so on for accelerate and torchrun.
    """
    return [name for name in names if name in _NAMES or name.startswith(_PREFIXES)]


def job_environment(resources: Resources) -> dict[str, str]:
    """The environment of this process, for a job: without the variables that a job must not see."""
    foreign = set(foreign_variables(os.environ))
    own = {name: value for name, value in os.environ.items() if name not in foreign}
    return {**own, **job_variables(resources)}


def job_variables(resources: Resources) -> dict[str, str]:
    """Variables that tell a job what it gets of the machine; none where that is all of it."""
    variables = {}
    if resources.gpus:
        variables[VISIBLE_GPUS] = _visible(resources.gpus)
    if resources.threads is not None:
        variables |= dict.fromkeys((THREADS, "MKL_NUM_THREADS"), str(resources.threads))
    if resources.memory < 1:
        variables[MEMORY_SHARE] = str(resources.memory)
    return variables


def _visible(gpus: Iterable[int]) -> str:
    """GPUs as CUDA is told them, by the names that they have for this process if it sees but some.

    Such a name is an index of the machine, or the identifier of a GPU or of a part of one.
    """
    names = [name.strip() for name in os.environ.get(VISIBLE_GPUS, "").split(",") if name.strip()]
    return ",".join(names[index] if names else str(index) for index in gpus)
