"""Which test images a fit sees: recognised by their pixels, however the data is named."""

import hashlib
import json
from contextlib import suppress
from dataclasses import astuple, replace

from harness.data.content import ImageDigests, split_digests
from harness.data.prepared import samples_of
from harness.data.views import split_by_scene
from harness.errors import DataError
from harness.plugin.registry import Registry
from harness.results.jobs import CellJob, DataReference, FitJob, Seen
from harness.results.plan import Plan

_Images = tuple[ImageDigests, ...]
_NONE: _Images = ()


def with_overlaps(plan: Plan, registry: Registry) -> Plan:
    """The plan whose cells say which of their test images training sees, and what data holds.

    It is made when a plan is carried out and not before, for every image must be decoded once.
    """
    overlaps = Overlaps(registry)
    cells = tuple(
        cell if cell.key in plan.impossible else overlaps.noted(cell) for cell in plan.cells
    )
    return replace(plan, cells=cells)


class Overlaps:
    """Compares training and test images; every split is read once.

    Args:
        registry: knows the plugins.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._known: dict[tuple[str, str], _Images] = {}

    def noted(self, cell: CellJob) -> CellJob:
        """A cell that says which of its test images its fit sees, and whose data have content."""
        fit = cell.fit
        if fit is None:
            return replace(cell, data=self._with_content(cell.data))
        return replace(
            cell,
            data=self._with_content(cell.data),
            seen=self.seen(fit, cell.data),
            fit=replace(
                fit,
                data=self._with_content(fit.data),
                clean=self._with_content(fit.clean) if fit.clean else None,
            ),
        )

    def seen(self, fit: FitJob, tested: DataReference) -> Seen:
        """How many images of a test set a fit sees, their noisy and their clean halves."""
        shown = self._shown(fit)
        images = self._digests(tested)
        return Seen(
            images=len(images),
            noisy=sum(each.noisy in shown for each in images),
            clean=sum(each.clean in shown for each in images),
        )

    def _with_content(self, data: DataReference) -> DataReference:
        digests = self._digests(data)
        if not digests or not all(each.noisy for each in digests):
            return data
        text = json.dumps([astuple(each) for each in digests])
        return replace(data, content=hashlib.sha256(text.encode()).hexdigest())

    def _shown(self, fit: FitJob) -> set[str]:
        """The digests of all that training is shown, see :mod:`harness.data.views`."""
        data = self._digests(fit.data)
        noisy, clean = data, _NONE
        if fit.view == "pairs":
            clean = data
        elif fit.view == "unpaired" and fit.clean:
            clean = self._digests(fit.clean)
        elif fit.view == "unpaired":
            noisy, clean = _of_different_scenes(data)
        return ({each.noisy for each in noisy} | {each.clean for each in clean}) - {""}

    def _digests(self, data: DataReference) -> _Images:
        key = data.fingerprint, data.split
        if key not in self._known:
            self._known[key] = _NONE
            with suppress(Exception, SystemExit):  # the job that needs the images reports it
                samples = samples_of(self.registry, data)
                self._known[key] = split_digests(samples, data.split, data.fingerprint)
        return self._known[key]


def _of_different_scenes(data: _Images) -> tuple[_Images, _Images]:
    """What unpaired training sees the noisy and the clean half of."""
    try:
        noisy, clean = split_by_scene(data)
    except DataError:  # the fit fails for it, and says so
        return data, _NONE
    return tuple(noisy), tuple(clean)
