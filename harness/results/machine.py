"""What a job ran on and with, as its process found it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Commit:
    """The state of the sources that a package was imported from.

    Attributes:
        commit: of git, in full.
        dirty: the package's folder had changes that were not committed.
    """

    commit: str
    dirty: bool

    def __str__(self) -> str:
        return f"{self.commit[:7]} (dirty)" if self.dirty else self.commit[:7]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What a job ran on and with, beside what the job says itself: precision and libraries.

    Attributes:
        host: name of the computer.
        system: with its version.
        device: name of what computes, such as the GPU's.
        processor: its model.
        cores: of the processor, not counting hardware threads; None where that is not known.
        memory_gib: of the computer.
        gpus: how many the job saw.
        threads: of PyTorch on the CPU; 0 where that is not known.
        settings: switches of PyTorch and OpenMP on which speed and the last digits depend, such as
            ``TF32 convolutions: on``.
        versions: of Python and of the harness, and of CUDA, cuDNN, NCCL and the driver where they
            are used.
        commits: of the packages of the harness and of the job's plugins that lie in a checkout.
        unknown: why nothing is known; empty if something is.
    """

    host: str = ""
    system: str = ""
    device: str = ""
    processor: str = ""
    cores: int | None = None
    memory_gib: float = 0.0
    gpus: int = 0
    threads: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    commits: Mapping[str, Commit] = field(default_factory=dict)
    unknown: str = ""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """The most memory that a job's process took; of several, its main one.

    Attributes:
        host: bytes that were resident, with those of libraries.
        device: bytes that PyTorch's allocator had handed out on a GPU; None on other devices.
    """

    host: int
    device: int | None = None
