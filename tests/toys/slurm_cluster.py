"""A Slurm of its own on this machine: one node with four pretended GPUs, on the loopback alone."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")

SETTINGS = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
GresTypes=gpu
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0,sched_interval=5,bf_interval=2
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=4000 Gres=gpu:4 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=60 State=UP
"""


def why_not() -> str:
    """Why there can be no cluster here; empty where there can."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"there is no {missing[0]} here"
    return "" if os.geteuid() == 0 else "only root can start a Slurm"


class Cluster:
    """Started by :meth:`start`; the environment variable ``SLURM_CONF`` makes it the one in use.

    Args:
        folder: an empty one, below folders that anybody may enter.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = socket.gethostname().partition(".")[0]
        self.configuration = folder / "slurm.conf"

    def start(self) -> None:
        """Start the daemons, and wait until the node is idle."""
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        ports = _free_ports(2)
        self.configuration.write_text(
            SETTINGS.format(
                host=self.host,
                folder=self.folder,
                controller_port=ports[0],
                node_port=ports[1],
            )
        )
        (self.folder / "cgroup.conf").write_text("CgroupAutomount=no\n")
        gpus = [f"NodeName={self.host} Name=gpu File={self._device(index)}" for index in range(4)]
        (self.folder / "gres.conf").write_text("\n".join(gpus) + "\n")
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        names = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log"}
        files = [f"--{option}={self.folder}/munge.{end}" for option, end in names.items()]
        _call("munged", "--force", *files, f"--seed-file={self.folder}/munge.seed")
        self.start_controller()
        _call("slurmd", "-N", self.host)
        wait_for(lambda: self.ask("sinfo", "-h", "-o", "%T") == "idle")

    def start_controller(self) -> None:
        """Start the controller, which goes on from what it knew."""
        _call("slurmctld")

    def stop_controller(self) -> None:
        """Stop it; jobs that run go on."""
        self._end("slurmctld", signal.SIGTERM)

    def stop(self) -> None:
        """End all jobs and daemons."""
        self.ask("scancel", "--user=root", "--state=PENDING")
        self.ask("scancel", "--user=root", "--signal=KILL", "--full")
        with suppress(AssertionError):
            wait_for(lambda: not self.ask("squeue", "-h"), 10)
        for daemon in ("slurmd", "slurmctld", "munge"):
            self._end(daemon, signal.SIGKILL)

    def ask(self, *command: str) -> str:
        """What a command prints, without the last line's end."""
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout.strip()

    def jobs(self) -> dict[str, str]:
        """The state of every job that the controller knows, by its number."""
        lines = self.ask("squeue", "-h", "-r", "-t", "all", "-o", "%i %T").splitlines()
        return dict(line.split() for line in lines)

    def _device(self, index: int) -> Path:
        """A device that stands for a GPU: any will do."""
        path = self.folder / f"gpu{index}"
        _call("mknod", str(path), "c", "1", "3")
        return path

    def _end(self, daemon: str, signum: signal.Signals) -> None:
        try:
            process = int((self.folder / f"{daemon}.pid").read_text())
            os.kill(process, signum)
        except (OSError, ValueError):
            return
        with suppress(psutil.NoSuchProcess):
            wait_for(lambda: psutil.Process(process).status() == psutil.STATUS_ZOMBIE, 20)


def wait_for(condition: Callable[[], object], seconds: float = 300.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def _free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens at."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
