"""The page on noise keeps its word."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "noise.md").read_text(encoding="utf-8")


def test_the_example_in_python_runs_as_it_stands(capsys):
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(source, "docs/noise.md", "exec"), {})
    printed = capsys.readouterr().out
    assert re.fullmatch(r"\((-?\d\.\d+(e-\d+)?(, )?){10}\) 37\.\d+ 3\n", printed)
