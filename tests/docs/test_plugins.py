"""The page for authors of plugins, and the README, keep their word."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.runs.store import load_run
from harness.specs import KINDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def examples() -> Iterator[tuple[str, str]]:
    """The name and the source of every single-file plugin that the pages show."""
    for source in re.findall(r"```python\n(.*?)```", PAGE + README, re.DOTALL):
        yield re.findall(r'target="(\w+):', source)[0], source


EXAMPLES = dict(examples())


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs_as_it_stands(name, in_process, toys):
    Path(f"{name}.py").write_text(EXAMPLES[name])
    code, _, err = in_process(
        *("run", "--plugin", f"{name}.py", "--plugin", str(toys), "--methods", f"{name},identity"),
        *("--datasets", "scenes", "--metrics", "psnr", "--budget", "quick:40it"),
    )
    assert code == 0, err
    run = load_run(Path("runs/latest").resolve())
    example, identity = (cell.scores[0].value for cell in run.cells)
    assert example != identity


def test_the_pages_show_a_method_that_learns_and_ones_that_do_not():
    assert sorted(EXAMPLES) == ["masked", "median", "mine"]


def test_the_readme_shows_a_plugin_in_20_lines():
    assert len([line for line in EXAMPLES["mine"].splitlines() if line.strip()]) <= 20


def test_every_kind_is_in_the_table():
    for kind, spec in KINDS.items():
        assert f"| `harness_register_{kind}s` | `{spec.__name__}` |" in PAGE
