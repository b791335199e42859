"""A comparison for people."""

import re

import pytest
from made_gate import LATENCY, cell_of, compared, images, score_of, with_machine

from harness.gate.texts import fields_of, markdown

BASE = [
    cell_of(score_of(images(30.5))),
    cell_of(score_of(10.0, spread=0.2, count=20, **LATENCY), method="quick"),
    cell_of(score_of(30.0), method="gone"),
]
NOW = [
    with_machine(cell_of(score_of(images(30.0))), torch="2.7"),
    cell_of(score_of(5.0, spread=0.1, count=20, **LATENCY), method="quick"),
]
GOLDEN = """\
### ❌ 2 of 3 fail: 1 worse, 1 better, 1 missing.

`b` compared with `a`.

|cell|metric|base|now|change|verdict|why|
|:-|:-|:-|:-|:-|:-|:-|
|mine on camera|PSNR \\[dB\\] (8bit) ↑|30.50|30.00|-0.500 \\[-0.500, -0.500\\]|▼ worse||
|gone on camera|PSNR \\[dB\\] (8bit) ↑|–|–|–|✗ missing|there is no such cell any more|

|measured with|base|now|
|:-|:-|:-|
|torch|2.6|2.7, 2.6|

<details><summary>All 3 comparisons</summary>

|cell|metric|base|now|change|verdict|why|
|:-|:-|:-|:-|:-|:-|:-|
|mine on camera|PSNR \\[dB\\] (8bit) ↑|30.50|30.00|-0.500 \\[-0.500, -0.500\\]|▼ worse||
|gone on camera|PSNR \\[dB\\] (8bit) ↑|–|–|–|✗ missing|there is no such cell any more|
|quick on camera|LATENCY \\[ms\\] (8bit) ↓|10.00|5.00|×0.50 ± 0.01|▲ better||

</details>
"""


def unpadded(text: str) -> str:
    """Text in which spaces and dashes that only align do not count."""
    return "\n".join(
        "|".join(re.sub("-+$", "-", cell.strip()) for cell in line.split("|"))
        for line in text.split("\n")
    )


def test_the_markdown_is_as_it_was():
    assert unpadded(markdown(compared(BASE, NOW))) == unpadded(GOLDEN)


def test_names_do_no_harm():
    hostile = "a|b<script>`*_[x](y)\n# c"
    (cell,) = BASE[:1]
    outcome = compared([cell_of(*cell.scores, method=hostile)], [])
    text = markdown(outcome)
    assert "<script>" not in text
    assert "\n# c" not in text
    assert r"a\|b&lt;script&gt;\`\*\_\[x\](y) # c on camera" in text


@pytest.mark.parametrize("longest", [2_000, 40_000])
def test_a_long_comparison_keeps_within_its_limit_and_says_first_what_fails(longest):
    base = [cell_of(score_of(30.0), method=f"method {index}") for index in range(800)]
    now = [cell_of(score_of(29.0), method=f"method {index}") for index in range(800)]
    text = markdown(compared(base, now), longest)
    assert len(text.encode()) <= longest
    assert text.startswith("### ❌ 800 of 800 fail: 800 worse.")
    assert text.endswith("There is no room for the rest: it is in the file that `--json` writes.\n")


def test_a_change_of_an_infinite_score_is_said_as_such():
    old, new = cell_of(score_of(float("inf"))), cell_of(score_of(30.0))
    assert fields_of(compared([old], [new]).findings[0])[2:5] == ["∞", "30.00", "-∞"]
