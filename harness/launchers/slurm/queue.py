"""The jobs of one launcher in Slurm's queue: submitted, asked for, cancelled many at once."""

import json
import logging
import shlex
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import ReportError, UsageError
from harness.launchers import RESTARTS, Ended
from harness.launchers.slurm import commands
from harness.launchers.slurm.commands import Row, UnreachableError
from harness.launchers.slurm.endings import BLIND, CANCELLED, LOST, UNKNOWN, ending
from harness.results.names import RECORD
from harness.results.records import from_json
from harness.util.files import write_text

TICKET = "slurm.json"
"""In a job's folder: the name, and once it is known the number, under which Slurm has it."""

LONGEST_ARRAY = 500
"""Jobs of one array; clusters allow 1000, unless they say otherwise."""

KILL_SECONDS = 10.0
"""How long is waited for a job that is killed."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """A job to submit.

    Attributes:
        folder: of the job.
        command: that carries it out.
        log: gets what the command prints.
        options: of ``sbatch``; jobs that have the same are one array.
        environment: of the command.
    """

    folder: Path
    command: tuple[str, ...]
    log: Path
    options: tuple[str, ...]
    environment: Mapping[str, str] = field(hash=False)

    @property
    def line(self) -> str:
        """The command as a shell reads it; it takes the shell's place, to be sent signals."""
        job, log = shlex.quote(str(self.folder)), shlex.quote(str(self.log))
        return f"[ -w {job} ] || exit {BLIND}; exec {shlex.join(self.command)} >>{log} 2>&1"


@dataclass(eq=False)
class Ticket:
    """A job in the queue, or on its way there.

    Attributes:
        folder: of the job.
        name: that its array is submitted with, and no other.
        index: its place in the array.
        number: under which Slurm has it; empty as long as that is not known.
        row: what Slurm said of it last; None before it was asked.
        ended: how it ended; None as long as it has not.
        refused: why Slurm does not take it; empty if it does.
    """

    folder: Path
    name: str = ""
    index: int = 0
    number: str = ""
    row: Row | None = None
    ended: int | Ended | None = None
    refused: str = ""

    def write(self) -> None:
        """Leave it in the job's folder."""
        data = {"name": self.name, "index": self.index, "number": self.number}
        write_text(self.folder / TICKET, json.dumps(data) + "\n")


def read_ticket(folder: Path) -> Ticket | None:
    """The ticket that was left in a job's folder; None where there is none."""
    try:
        data = json.loads((folder / TICKET).read_text(encoding="utf-8"))
        return Ticket(folder, str(data["name"]), int(data["index"]), str(data["number"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


class _Array:
    """Equal jobs that are submitted at once.

    Args:
        options: of ``sbatch``.
        environment: of the jobs.
    """

    def __init__(self, options: Sequence[str], environment: Mapping[str, str]) -> None:
        self.options = options
        self.environment = environment
        self.name = f"harness-{uuid.uuid4().hex[:12]}"
        self.lines: list[str] = []
        self.tickets: list[Ticket] = []
        self.tried = -float("inf")  # when Slurm did not answer, so that it may have taken them

    def add(self, order: Order, ticket: Ticket) -> None:
        """Add a job, and leave in its folder the name by which it is found, come what may."""
        ticket.name, ticket.index = self.name, len(self.tickets)
        ticket.write()
        self.lines.append(order.line)
        self.tickets.append(ticket)

    def submit(self) -> None:
        """Submit those that are still wanted; raises as :func:`commands.submit`."""
        wanted = [ticket for ticket in self.tickets if ticket.ended is None]
        self.tried = time.monotonic()
        options = [f"--job-name={self.name}", *self.options]
        if len(self.tickets) > 1:
            options.append(f"--array={','.join(str(ticket.index) for ticket in wanted)}")
        number = commands.submit(options, self._script(), self.environment)
        for ticket in wanted:
            ticket.number = f"{number}_{ticket.index}" if len(self.tickets) > 1 else number
            ticket.write()

    def _script(self) -> str:
        """What every job runs; it chooses its own line."""
        cases = "".join(f"{index}) {line} ;;\n" for index, line in enumerate(self.lines))
        return (
            "#!/bin/sh\n"
            f'[ "${{SLURM_RESTART_COUNT:-0}}" -le {RESTARTS} ] || exit {LOST}\n'
            f'case "${{SLURM_ARRAY_TASK_ID:-0}}" in\n{cases}esac\n'
        )


class SlurmQueue:
    """Submits jobs, and knows how they are, by a few commands for all of them.

    Args:
        interval: seconds between two questions to Slurm.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._asked = -float("inf")
        self._answered = 0.0  # when it was asked last and answered
        self._rows: dict[tuple[str, int], Row] = {}  # by name and place in the array
        self._orders: list[tuple[Order, Ticket]] = []  # since the last look
        self._arrays: list[_Array] = []  # to be submitted
        self._tickets: list[Ticket] = []  # submitted, and not known to have ended
        self._cancelled: list[Ticket] = []  # since the last look
        self._is_reached = True

    def put(self, order: Order) -> Ticket:
        """Submit a job, with all others that are put here before the next look."""
        ticket = Ticket(order.folder)
        self._orders.append((order, ticket))
        return ticket

    def find(self, ticket: Ticket) -> bool:
        """Look after a job that another process submitted; says whether Slurm knows it.

        Raises:
            UnreachableError: Slurm does not answer, so nobody can tell.
        """
        if (ticket.name, ticket.index) not in self._rows:
            self._ask()
        if (ticket.name, ticket.index) not in self._rows:
            return False
        self._tickets.append(ticket)
        self._see(ticket)
        return True

    def cancel(self, ticket: Ticket) -> None:
        """Ask a job to stop, with all others that are asked before the next look."""
        if ticket.number:
            self._cancelled.append(ticket)
        else:
            ticket.ended = CANCELLED

    def kill(self, ticket: Ticket) -> None:
        """End a job at once, and wait a little until it has ended."""
        self.cancel(ticket)
        with self._unless_unreachable():
            if ticket.number:
                commands.cancel([ticket.number], "--signal=KILL", "--full")
        end = time.monotonic() + KILL_SECONDS
        while ticket.ended is None and time.monotonic() < end:
            self._asked = -float("inf")
            self.look()
            time.sleep(0.1)

    def look(self) -> None:
        """Submit and cancel what is to be; see how all jobs are, if the last time is long ago."""
        is_due = time.monotonic() - self._asked >= self._interval
        with self._unless_unreachable():
            if self._cancelled:
                commands.cancel(ticket.number for ticket in self._cancelled)
                self._cancelled.clear()
            if is_due and (self._tickets or self._arrays):
                self._take_finished()
                self._ask()
                for ticket in self._tickets:
                    self._see(ticket)
        self._tickets = [ticket for ticket in self._tickets if ticket.ended is None]
        with self._unless_unreachable():
            self._gather()
            self._submit()

    @contextmanager
    def _unless_unreachable(self) -> Iterator[None]:
        """Do something, or do it another time, as long as Slurm does not answer."""
        try:
            yield
        except UnreachableError as error:
            if self._is_reached:
                _log.warning("%s: it is asked again until it does", error)
            self._is_reached = False
        else:
            self._is_reached = True

    def _ask(self) -> None:
        self._asked = time.monotonic()
        self._rows = {(row.name, row.index): row for row in commands.rows()}
        self._answered = self._asked

    def _see(self, ticket: Ticket) -> None:
        """See how a job was when Slurm was asked last."""
        row = self._rows.get((ticket.name, ticket.index))
        if row is None:
            ticket.ended = UNKNOWN
            return
        ticket.row, ticket.number = row, row.number
        ticket.ended = ending(row)

    def _take_finished(self) -> None:
        """Take what has left its record for ended, whatever Slurm knows of it."""
        for ticket in self._tickets:
            if (ticket.folder / RECORD).exists() and _is_done(ticket.folder):
                ticket.ended = 0
        self._tickets = [ticket for ticket in self._tickets if ticket.ended is None]

    def _gather(self) -> None:
        """Make arrays of equal jobs of what was put here since the last look."""
        equal: dict[object, _Array] = {}
        for order, ticket in self._orders:
            if ticket.ended is not None:
                continue
            alike = (order.options, tuple(sorted(order.environment.items())))
            array = equal.setdefault(alike, _Array(order.options, order.environment))
            array.add(order, ticket)
            if len(array.tickets) == LONGEST_ARRAY:
                self._arrays.append(equal.pop(alike))
        self._arrays += equal.values()
        self._orders.clear()

    def _submit(self) -> None:
        """Submit arrays; one that was tried before only when Slurm has said it is not there."""
        while self._arrays and self._arrays[0].tried < self._answered:
            array = self._arrays[0]
            taken = [row for row in self._rows.values() if row.name == array.name]
            if not taken and any(ticket.ended is None for ticket in array.tickets):
                try:
                    array.submit()
                except UsageError as error:
                    for ticket in array.tickets:
                        ticket.refused = str(error)
            self._arrays.pop(0)
            self._tickets += [
                ticket for ticket in array.tickets if not ticket.refused and ticket.ended is None
            ]


def _is_done(folder: Path) -> bool:
    """Whether the record in a job's folder says that it is done."""
    try:
        return from_json((folder / RECORD).read_text(encoding="utf-8")).status == "done"
    except (OSError, UnicodeDecodeError, ReportError):
        return False
