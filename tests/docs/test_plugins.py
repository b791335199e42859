"""The page for authors of plugins, and the README, keep their word."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from harness.runs.folder import load_run
from harness.specs import KINDS, MetricSpec
from harness.testing import contracts
from harness.testing.scaffold import SCAFFOLDED

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
OTHERS = {
    kind: (ROOT / "docs" / f"own-{kind}.md").read_text(encoding="utf-8")
    for kind in ("dataset", "metric", "report", "network")
}
README = (ROOT / "README.md").read_text(encoding="utf-8")


def examples() -> Iterator[tuple[str, str]]:
    """The name and the source of every single-file plugin that the pages show."""
    pages = "\n".join([PAGE, README, *OTHERS.values()])
    for source in re.findall(r"```python\n(.*?)```", pages, re.DOTALL):
        for name in re.findall(r'target="(\w+):', source):
            yield name, source


EXAMPLES = dict(examples())
METHODS = [name for name, source in EXAMPLES.items() if "harness_register_methods" in source]


@pytest.mark.parametrize("name", METHODS)
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


def test_the_dataset_the_metric_and_the_report_work_together(in_process):
    for name in ("stripes", "mae", "tabs", "masked"):
        Path(f"{name}.py").write_text(EXAMPLES[name])
    code, _, err = in_process(
        *("run", "--plugin", "stripes.py", "--plugin", "mae.py", "--plugin", "masked.py"),
        *("--methods", "identity,masked", "--datasets", "stripes", "--metrics", "mae"),
        *("--budget", "quick:40it"),
    )
    assert code == 0, err
    code, _, err = in_process("report", "--plugin", "tabs.py", "--format", "tabs")
    assert code == 0, err
    table = Path("runs/latest/report/table.tsv").read_text()
    head, identity, masked = (line.split("\t") for line in table.splitlines())
    assert head[-1].startswith("MAE [grey levels] (8bit)")
    assert identity[0] == "identity"
    assert masked[0] == "masked"
    # the mean of |noise| is sqrt(2 / pi) of its deviation
    assert float(identity[-1]) == pytest.approx(25 * 0.798, abs=0.5)


def test_the_contract_of_the_page_is_kept_by_the_method_of_the_page(tmp_path):
    (tmp_path / "median.py").write_text(EXAMPLES["median"])
    (source,) = re.findall(r"```py\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "test_median.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_median.py"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_every_contract_is_in_the_table():
    for name in set(contracts.__all__) - {"Contract"}:
        assert f"| `{name}` |" in PAGE


def test_every_kind_that_can_be_made_is_in_the_table():
    for kind in SCAFFOLDED:
        assert f"| `{kind}` |" in PAGE


def test_the_pages_show_a_method_that_learns_and_ones_that_do_not():
    assert sorted(METHODS) == ["masked", "median", "mine"]


def test_the_page_names_every_field_that_a_metric_must_have():
    required = [
        field.name for field in fields(MetricSpec)
        if field.default is MISSING and field.default_factory is MISSING
    ]  # fmt: skip
    assert [name for name in required if f"`{name}`" not in OTHERS["metric"]] == []


def test_the_page_shows_a_command_that_runs_as_it_stands(in_process, toys):
    Path("count.py").write_text(EXAMPLES["count"])
    plugins = ("--plugin", "count.py", "--plugin", str(toys))
    assert in_process(*plugins, "count", "scenes[count=3]") == (
        0,
        "scenes[count=3] has 3 images\n",
        "",
    )
    assert "count     Count a dataset's images." in in_process(*plugins, "--help")[1]


def test_the_readme_shows_a_plugin_in_20_lines():
    assert len([line for line in EXAMPLES["mine"].splitlines() if line.strip()]) <= 20


def test_every_kind_is_in_the_table():
    for kind, spec in KINDS.items():
        assert f"| `harness_register_{kind}s` | `{spec.__name__}` |" in PAGE
