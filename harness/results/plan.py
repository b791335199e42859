"""The plan of a run: which fits and cells it takes, known before any of them starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.results.jobs import CellJob, FitJob


@dataclass(frozen=True)
class Plan:
    """The jobs of a run; every fit is needed by a cell.

    Attributes:
        cells: to be tested, or found in the store, in the order of the table.
        impossible: why a job cannot be done, by its key: a plugin failed while it was planned.
        notes: what the reader of the table must know, such as names that mean the same.
    """

    cells: tuple[CellJob, ...]
    impossible: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def fits(self) -> tuple[FitJob, ...]:
        """To be trained, or found in the store; each once."""
        return tuple({cell.fit.key: cell.fit for cell in self.cells if cell.fit}.values())

    @property
    def jobs(self) -> tuple[FitJob | CellJob, ...]:
        """All fits, then all cells."""
        return (*self.fits, *self.cells)

    def is_impossible(self, job: FitJob | CellJob) -> bool:
        """Whether a job cannot be done, or the fit that it needs."""
        fit = job.fit if isinstance(job, CellJob) else None
        return job.key in self.impossible or (fit is not None and fit.key in self.impossible)
