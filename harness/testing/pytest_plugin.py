"""A plugin of pytest for the test suites of those who write plugins.

::

    def test_scores_are_as_good_as_they_were(harness_baseline):
        harness_baseline("baseline.json", methods="mine", datasets="photographs", budget="20it")

``pytest --harness-update`` writes the baseline, which belongs into the repository; every other run
measures again and fails where ``harness compare`` would.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.gate.cells import Cells
    from harness.gate.verdicts import Outcome
    from harness.plugin.registry import Registry
    from harness.testing.project import Project

_UPDATE = "--harness-update"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes baselines."""
    parser.getgroup("harness").addoption(
        _UPDATE,
        action="store_true",
        help="Write the baselines of the fixture harness_baseline, in place of comparing.",
    )


@pytest.fixture
def harness_baseline(
    request: pytest.FixtureRequest, tmp_path: Path
) -> "Callable[..., Outcome | None]":
    """Runs a cell, or several, and fails the test where one is worse than in a baseline.

    It is called with these:

    - ``file``: of the baseline; relative to that of the test.
    - ``tolerances``: the change that counts as none, by metric; those of the metrics unless said.
      Training gives other weights on other processors, so a method that trains needs some.
    - ``registry``: the plugins, see :func:`harness.load_plugins`; those that are installed unless
      said.
    - all else: what to run, as of :class:`harness.Request`; PSNR and SSIM, on the CPU, unless said.

    It returns the outcome of the comparison, None where it wrote the baseline.
    """
    folder = request.path.parent
    is_update = bool(request.config.getoption(_UPDATE))

    def compare_with(
        file: str | Path,
        *,
        tolerances: Mapping[str, float] | None = None,
        registry: "Registry | None" = None,
        **asked: Any,
    ) -> "Outcome | None":
        from harness.gate.baselines import write_baseline

        path = folder / file
        if not is_update and not path.exists():
            pytest.fail(
                f"there is no baseline {path}: write it with pytest {_UPDATE}", pytrace=False
            )
        cells = _measured(asked, registry, tmp_path / "runs")
        if is_update:
            write_baseline(cells, path)
            return None
        return _held(cells, path, tolerances or {})

    return compare_with


@pytest.fixture
def harness_project(tmp_path: Path) -> "Project":
    """A temporary folder of work: a :class:`harness.testing.project.Project`.

    ::

        def test_a_flat_method_is_bad(harness_project):
            harness_project.write_plugin(SOURCE)
            ended = harness_project.harness(
                "run", "--methods", "flat,identity", "--datasets", "testing-waves"
            )
            assert ended.score("flat", "psnr") < ended.score("identity", "psnr")
    """
    from harness.testing.project import Project

    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)


def _measured(asked: Mapping[str, Any], registry: "Registry | None", out: Path) -> "Cells":
    """The cells of a run."""
    from harness.gate.baselines import METRICS
    from harness.gate.cells import cells_of
    from harness.runs.api import run
    from harness.runs.request import Request

    usual = {"metrics": METRICS, "device": "cpu", "images": 0, "out": out}
    return cells_of(run(Request(**{**usual, **asked}), registry))


def _held(cells: "Cells", path: Path, tolerances: Mapping[str, float]) -> "Outcome":
    """Compare cells with a baseline, and fail the test where they do not stand up to it."""
    from harness.gate.cells import Side
    from harness.gate.rules import Rules, Tolerance
    from harness.gate.sources import read_side
    from harness.gate.texts import lines_of
    from harness.gate.verdicts import compare

    rules = Rules(tuple(Tolerance(metric=name, value=v) for name, v in tolerances.items()))
    outcome = compare(read_side(path), Side(name="this test", cells=cells), rules)
    if outcome.exit_code:
        pytest.fail("\n".join([outcome.sentence, *lines_of(outcome.failing)]), pytrace=False)
    return outcome
