"""Which test images a fit sees: recognised by their pixels, however the data is named."""

from contextlib import suppress
from dataclasses import replace

from harness.data.content import ImageDigests, split_digests
from harness.data.views import split_by_scene
from harness.errors import DataError
from harness.plugin.registry import Registry
from harness.results.jobs import DataReference, FitJob, Seen
from harness.results.plan import Plan

_Images = tuple[ImageDigests, ...]
_NONE: _Images = ()


def with_overlaps(plan: Plan, registry: Registry) -> Plan:
    """The plan whose cells say which of their test images training sees.

    It is made when a plan is carried out and not before, for every image must be decoded once.
    """
    overlaps = Overlaps(registry)
    cells = tuple(
        replace(cell, seen=overlaps.seen(cell.fit, cell.data))
        if cell.fit and cell.key not in plan.impossible
        else cell
        for cell in plan.cells
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

    def seen(self, fit: FitJob, tested: DataReference) -> Seen:
        """How many images of a test set a fit sees, their noisy and their clean halves."""
        shown = self._shown(fit)
        images = self._digests(tested)
        return Seen(
            images=len(images),
            noisy=sum(each.noisy in shown for each in images),
            clean=sum(each.clean in shown for each in images),
        )

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
                made = self.registry.build(data.dataset)
                self._known[key] = split_digests(made, data.split, data.fingerprint)
        return self._known[key]


def _of_different_scenes(data: _Images) -> tuple[_Images, _Images]:
    """What unpaired training sees the noisy and the clean half of."""
    try:
        noisy, clean = split_by_scene(data)
    except DataError:  # the fit fails for it, and says so
        return data, _NONE
    return tuple(noisy), tuple(clean)
