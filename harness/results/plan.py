"""The plan of a run: which fits and cells it takes, known before any of them starts."""

from dataclasses import dataclass

from harness.results.jobs import CellJob, FitJob


@dataclass(frozen=True)
class Plan:
    """The jobs of a run; every fit is needed by a cell.

    Attributes:
        fits: to be trained, or found in the store.
        cells: to be tested, or found in the store, in the order of the table.
    """

    fits: tuple[FitJob, ...]
    cells: tuple[CellJob, ...]

    def fit_of(self, cell: CellJob) -> FitJob | None:
        """The fit that a cell needs; None for a method that does not train."""
        return next((fit for fit in self.fits if fit.key == cell.fit), None)
