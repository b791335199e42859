"""Where, when and with what a run was measured: what is shared, and how a row differs from it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from harness.results.records import CellRecord, FitRecord, Run
from harness.util.text import counted

Facts = Mapping[str, str]
"""What is known of a job's conditions, as texts such as ``2 threads``, by what they tell."""

_SAID_VERSIONS = ("python", "torch", "numpy", "scikit-image")
"""Versions in the shared line; others are said where a row differs in them."""

_EXACT = (" off", " highest")
"""Values of PyTorch's switches that go without saying in the shared line."""

_SETTING, _VERSION, _COMMIT, _DAY = "setting ", "version of ", "commit of ", "day"


class Conditions:
    """What the cells of a run have in common.

    What most of the cells say that the run measured itself is shared; reused ones differ from it.
    Only where all are reused, most of them decide.

    Args:
        run: with all its records.
    """

    def __init__(self, run: Run) -> None:
        measured = [cell for cell in run.cells if cell.scores]
        own = [cell for cell in measured if not cell.reused]
        self._fits = {fit.key: fit for fit in run.fits}
        self._seeds = {cell.seed for cell in measured}
        self._shared = {
            **_most_common(map(_facts, run.fits)),  # of what training alone needs
            **_most_common(map(_facts_of_cell, measured)),
            **_most_common(map(_facts_of_cell, own)),
        }

    @property
    def line(self) -> str:
        """What is shared, as a sentence; empty where nothing is known.

        Of several seeds, another note tells.
        """
        if _DAY not in self._shared:
            return ""
        texts = [text for name, text in self._shared.items() if _is_said(name, text)]
        said = [text for text in texts if f"{text} (dirty)" not in texts]  # of a changed checkout
        seed = f"seed {min(self._seeds)}" if len(self._seeds) == 1 else ""
        words = filter(None, (*said, seed, self._shared[_DAY]))
        return f"Measured on {', '.join(dict.fromkeys(words))}."

    def differences(self, cells: Sequence[CellRecord]) -> list[str]:
        """How the cells of a row differ from what is shared, and nothing else of them."""
        seeds: dict[str, list[str]] = {}
        for cell in cells:
            seeds.setdefault(self._difference(cell), []).append(str(cell.seed))
        return [
            text if len(those) == len(cells) else f"seed {', '.join(those)}, {text}"
            for text, those in seeds.items()
            if text
        ]

    def _difference(self, cell: CellRecord) -> str:
        fit = self._fits.get(cell.job.fit.key) if cell.job.fit else None
        facts = {
            "measured": _facts_of_cell(cell) if cell.scores else {},
            "trained": _facts(fit) if fit else {},
        }
        others = {name: self._others(each) for name, each in facts.items()}
        return "; ".join(f"{name}: {text}" for name, text in others.items() if text)

    def _others(self, facts: Facts) -> str:
        """Those facts that are not the shared ones."""
        others = (text for name, text in facts.items() if text != self._shared.get(name))
        return ", ".join(filter(None, dict.fromkeys(others)))


def _most_common(records: Iterable[Facts]) -> Facts:
    """Of every fact the text that most records have; the first of equally many."""
    texts: dict[str, Counter[str]] = {}
    for facts in records:
        for name, text in facts.items():
            texts.setdefault(name, Counter())[text] += 1
    return {name: counted.most_common(1)[0][0] for name, counted in texts.items()}


def _facts_of_cell(cell: CellRecord) -> Facts:
    facts = _facts(cell)
    return {**facts, _DAY: cell.finished[:10]} if facts else {}


def _facts(record: CellRecord | FitRecord) -> Facts:
    """All that numbers and times depend on; nothing where the process could not say."""
    machine, job = record.machine, record.job
    if not machine.device:
        return {}
    return {
        "device": machine.device,
        "processor": machine.processor if machine.processor != machine.device else "",
        "threads": counted(machine.threads, "thread"),
        "precision": job.precision,
        **{f"{_SETTING}{name}": f"{name} {value}" for name, value in machine.settings.items()},
        **{
            f"{_VERSION}{name}": f"{name} {version}"
            for name, version in {**machine.versions, **job.libraries}.items()
        },
        **{f"{_COMMIT}{name}": f"commit {commit}" for name, commit in machine.commits.items()},
    }


def _is_said(name: str, text: str) -> bool:
    """Whether a fact belongs into the shared line, before the day."""
    if name.startswith(_VERSION):
        return name.removeprefix(_VERSION) in _SAID_VERSIONS
    return name != _DAY and not (name.startswith(_SETTING) and text.endswith(_EXACT))
