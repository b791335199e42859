"""The page on blindness keeps its word."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "blindness.md").read_text(encoding="utf-8")


def test_the_example_is_a_test_that_passes():
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(source, "docs/blindness.md", "exec"), names)
    names["test_it_is_as_blind_as_it_claims"]()
