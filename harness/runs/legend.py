"""The words and signs of the table, and what they mean: one list for those who write and read."""

import re
from dataclasses import dataclass

from harness.specs import SUPERVISION

TABLE = "table"
"""What ``harness show`` calls all of it."""

_FIELD = re.compile(r"\{(\w+)\}")

_PATTERNS = {"number": r"[\d.]+", "total": r"\d+", "unit": "[a-z]+"}
"""What stands for a name in braces; anything else for all others."""

_SHOWN = {"number": "N", "total": "M"}


@dataclass(frozen=True)
class Mark:
    """A word or sign of the table.

    Attributes:
        text: as it is printed; names in braces stand for what differs.
        meaning: whole sentences.
    """

    text: str
    meaning: str

    def __call__(self, **values: object) -> str:
        """The mark as it is printed."""
        return self.text.format(**values)

    @property
    def shown(self) -> str:
        """The mark as it is explained, such as ``N of M test images``."""
        return _FIELD.sub(lambda field: _SHOWN.get(field[1], field[1].upper()), self.text)

    def fits(self, printed: str) -> bool:
        """Whether it may have been printed so, or is named by what stands around what differs."""
        pieces = _FIELD.split(self.text)
        pattern = "".join(
            _PATTERNS.get(piece, ".+") if index % 2 else re.escape(piece)
            for index, piece in enumerate(pieces)
        )
        named = printed in ("".join(pieces[::2]).strip(), self.shown)
        return named or re.fullmatch(pattern, printed) is not None


ORACLE = Mark("oracle", "The method is given the clean test images: an upper bound, no result.")
OWN = Mark(
    "its test images",
    "Training saw the noisy images of all that it is tested on, and no clean one of them.",
)
SOME = Mark("{number} of {total} test images", "Training saw the noisy images of so many of them.")
OWN_CLEAN = Mark(
    "its clean test images",
    "Training saw the clean images of all that it is tested on: its scores say nothing of others.",
)
SOME_CLEAN = Mark(
    "{number} of {total} clean test images",
    "Training saw the clean images of so many of them: its scores say little of others.",
)
CLEAN = Mark("clean {dataset}", "Unpaired training took its clean images from this dataset.")
WEIGHTS = Mark(
    "weights {file}",
    "Pretrained weights were given and nothing was trained; on which images is unknown.",
)
UNPAIRED = Mark(
    SUPERVISION["unpaired"], "Training saw clean images too, of other scenes than the noisy ones."
)
SUPERVISED = Mark(SUPERVISION["pairs"], "Training saw the clean image of every noisy one (pairs).")
QUICK = Mark("quick", "The budget: the method's own small configuration, sized for a CPU.")
QUICK_LIMITED = Mark("quick:{limit}", "The small configuration, for so many steps or so long.")
PAPER = Mark("paper", "The budget: the recipe as published.")
LIMITED = Mark("{number}{unit}", "The published network, for so many steps (it) or so long.")
NARROWED = Mark(
    "narrowed", "The network is smaller than published; the note below says what was set."
)
SECONDS = Mark("{number} s", "Wall time of training in seconds; the mean over seeds.")
MINUTES = Mark("{number} min", "Wall time of training in minutes; the mean over seeds.")
HOURS = Mark("{number} h", "Wall time of training in hours; the mean over seeds.")
PART = Mark(
    "{number} of {total}",
    "Behind a dataset: the folder holds so many of its images; published values do not apply.",
)
TEST_SCENES = Mark(
    "test scenes: {scenes}",
    "Behind a dataset: only images of these scenes are tested on (--test-scenes); published values "
    "do not apply.",
)
OTHER_SCENES = Mark(
    "other scenes",
    "Behind a training dataset: no image of the scenes tested on was trained on (--test-scenes).",
)
SPLIT = Mark("({split})", "Behind a dataset: the split, where it is not the one named test.")

TRAINING = (
    ORACLE,
    OWN,
    SOME,
    OWN_CLEAN,
    SOME_CLEAN,
    CLEAN,
    WEIGHTS,
    UNPAIRED,
    SUPERVISED,
    QUICK,
    QUICK_LIMITED,
    PAPER,
    LIMITED,
    NARROWED,
    SECONDS,
    MINUTES,
    HOURS,
    PART,
    TEST_SCENES,
    OTHER_SCENES,
    SPLIT,
)
"""Of the columns ``dataset`` and ``trained``."""

NOTHING = Mark("–", "There is nothing to say: not trained, or not measured.")
MISSING = Mark("n/a", "The number cannot be had; the note of its number says why.")
SPREAD = Mark("± {number}", "Standard deviation over the seeds (N - 1), behind their mean.")
PUBLISHED = Mark(
    "({number})",
    "The value that the method's paper prints, where dataset, protocol, budget and training data "
    "agree; --published all shows the others.",
)
NOTE = Mark("[{number}]", "The note of this number below the table.")
INFINITE = Mark("∞", "PSNR of equal images, and of a mean that contains one.")
HIGHER = Mark("↑", "Higher is better.")
LOWER = Mark("↓", "Lower is better.")
UNIT = Mark("[{measure}]", "In the head of a column: the unit.")
PROTOCOL = Mark(
    "({protocol})",
    "In the head of a column: the convention of its numbers, see harness show METRIC. Numbers of "
    "two protocols do not compare.",
)

NUMBERS = (*(NOTHING, MISSING, SPREAD, PUBLISHED, NOTE, INFINITE, HIGHER, LOWER, UNIT, PROTOCOL),)
"""Of the columns of scores."""

DONE = Mark("done", "All seeds are done.")
STATUS = (
    DONE,
    Mark("{number} of {total} seeds", "So many seeds ended otherwise; the mean is of the others."),
    Mark("failed", "The job stopped with an error; the note says which."),
    Mark("timeout", "The job took longer than --timeout allows."),
    Mark("out-of-memory", "The job needed more memory than there is."),
    Mark("skipped", "The training that it needs did not end well."),
    Mark("interrupted", "The run was stopped before the job ended; the same command goes on."),
)
"""Of the column ``status``."""

COLUMNS = (
    Mark("method", "The method with those parameters that the user set."),
    Mark("dataset", "What it is tested on: all images of the split test, unless marked."),
    Mark(
        "trained",
        "What it was trained on, and how. Without one of the marks below, training saw noisy "
        "images alone (self-supervised), and none of the test images.",
    ),
    Mark("status", "How the jobs of the row ended; there only if one did not end well."),
    Mark(
        "{label} [{measure}] ({protocol})",
        "A metric: the mean over images, then over seeds. One without an arrow ranks no methods.",
    ),
)
"""The columns themselves."""

LEGEND = {
    "columns": COLUMNS,
    "words in the columns dataset and trained": TRAINING,
    "words in the column status": STATUS,
    "signs in and above the numbers": NUMBERS,
}
"""All marks by where they stand."""


def meanings(printed: str) -> list[Mark]:
    """The marks that a text of the table may be; none where it is none."""
    marks = [mark for section in LEGEND.values() for mark in section]
    exact = [mark for mark in marks if mark.text == printed]
    return exact or [mark for mark in marks if mark.fits(printed)]
