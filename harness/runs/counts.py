"""How many images, scenes and repeats are behind every number, and which images were left out."""

from collections.abc import Collection, Iterable

from harness.results.columns import Column
from harness.results.records import CellRecord, Score
from harness.runs.marks import tested_on
from harness.util.text import counted, some

LONGEST_LIST = 3
"""Images that a note names; the scores' ``left_out`` names all."""

_MEAN_OVER = "mean over "


class Counts:
    """How many images each dataset has scores of, and how often each metric was repeated.

    Args:
        cells: of a run.
    """

    def __init__(self, cells: Iterable[CellRecord]) -> None:
        self._fullest: dict[str, Score] = {}
        self._repeats: dict[Column, set[int]] = {}
        for cell in cells:
            for score in cell.scores:
                if _is_mean(score):
                    fullest = self._fullest.setdefault(tested_on(cell), score)
                    if score.count > fullest.count:
                        self._fullest[tested_on(cell)] = score
                elif score.value is not None:
                    self._repeats.setdefault(score.column, set()).add(score.count)

    @property
    def told(self) -> list[str]:
        """For each dataset how many images of how many scenes: ``9 images of 3 scenes``."""
        return [_told(score).removeprefix(_MEAN_OVER) for score in self._fullest.values()]

    @property
    def remarks(self) -> list[str]:
        """A sentence for each dataset, and for each metric that was repeated."""
        images = [f"{dataset}: {_told(score)}." for dataset, score in self._fullest.items()]
        repeats = [
            f"{column.title}: {_range(counts)} repeats."
            for column, counts in self._repeats.items()
            if max(counts) > 1
        ]
        return images + repeats

    def shortfall(self, cell: CellRecord, score: Score) -> str:
        """What to say of a mean over other images than those of the remark; empty for nothing."""
        dataset = tested_on(cell)
        if not _is_mean(score) or score.left_out.keys() == self._fullest[dataset].left_out.keys():
            return ""
        return f"{score.column.title} on {dataset}: {_told(score)}"


def _is_mean(score: Score) -> bool:
    return score.column.measures == "image" and score.count > 0


def _told(score: Score) -> str:
    """Such as ``mean over 2 of 3 images of 1 scene; tiny.png: smaller than the window``."""
    total = f" of {score.count + len(score.left_out)}" if score.left_out else ""
    images = counted(score.count, "image") if not total else f"{score.count}{total} images"
    scenes = f" of {counted(score.scenes, 'scene')}" if 0 < score.scenes < score.count else ""
    reasons: dict[str, list[str]] = {}
    for image, reason in score.left_out.items():
        reasons.setdefault(reason, []).append(image)
    left_out = (f"; {some(names, LONGEST_LIST)}: {reason}" for reason, names in reasons.items())
    return f"{_MEAN_OVER}{images}{scenes}{''.join(left_out)}"


def _range(counts: Collection[int]) -> str:
    least, most = min(counts), max(counts)
    return str(most) if least == most else f"{least} to {most}"
