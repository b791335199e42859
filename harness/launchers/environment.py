"""The environment of a job: what a user's shell says of other programs' processes is left out."""

import os
from collections.abc import Iterable

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


def job_environment() -> dict[str, str]:
    """The environment of this process, for a job: without the variables that a job must not see."""
    foreign = set(foreign_variables(os.environ))
    return {name: value for name, value in os.environ.items() if name not in foreign}
