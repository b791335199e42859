"""Markdown says what the tables say, and nothing in a name means anything to it."""

from dataclasses import replace

import pytest
from made_runs import HOSTILE, make_kept_run

from harness_reports.markdown import escaped, markdown

TRAINED = {"trained_on": "camera", "budget": "quick"}

GOLDEN = """\
# Five methods

## camera

Tested on camera: 18 images of 6 scenes, trained on camera, budget quick.

| method             | trained            |   PSNR [dB] (8bit) ↑ |   Time [ms] (256x256) ↓ |   Params [M] ↓ |
|:-------------------|:-------------------|---------------------:|------------------------:|---------------:|
| *without training* |                    |                      |                         |                |
| a                  | –                  |                31.84 |                   = 3.3 |        = 0.300 |
| bb                 | –                  |          **= 32.83** |                   = 3.2 |        = 0.310 |
| ccc                | –                  |          **= 32.82** |                   = 3.2 |        = 0.310 |
| *self-supervised*  |                    |                      |                         |                |
| own                | camera, quick, 5 s |            **33.82** |                   = 3.1 |        = 0.320 |
| other              | camera, quick, 5 s |         <u>33.33</u> |                   = 3.2 |        = 0.315 |

- camera: mean over 18 images of 6 scenes.
- Bold: the best of its group; underlined: the second best. = marks numbers that cannot be told apart: those of images by their paired differences over scenes, times and sizes by the metric's tolerance and the spread of repeats.
"""  # noqa: E501


def row_of(lines, method):
    return next(line for line in lines if line.startswith(f"| {method}"))


def test_a_run_reads_as_it_always_did(tmp_path):
    strengths = {"a": 30, "bb": 31, "ccc": 31, "own": 32, "other": 31.5}
    of_cells = {"own": TRAINED, "other": TRAINED}
    run = make_kept_run(tmp_path / "run", strengths, of_cells=of_cells)
    assert markdown(replace(run, title="Five methods")) == GOLDEN


def test_markdown_is_a_table_with_notes(run):
    lines = markdown(run).splitlines()
    assert "PSNR [dB] (8bit) ↑ |" in row_of(lines, "method")
    assert "30.25 ± 0.35 [1] (31.5) |" in row_of(lines, "mine")
    assert "∞ |" in row_of(lines, "oracle")
    assert "| failed [2] |" in row_of(lines, "bad")
    assert "n/a [3] |" in row_of(lines, "blind")
    assert "- [1] PSNR (8bit) on camera: mean over 2 of 3 images of 1 scene; c: too small" in lines
    assert "- [2] bad: no luck, at all" in lines
    assert "- [3] PSNR: no clean images" in lines
    assert r"- mine[mode=a\|b]: configuration of the budget quick, width=8." in lines


def test_markdown_keeps_a_bar_within_its_cell(run):
    table = markdown(run).split("\n\n")[2]
    cells = [line.replace(r"\|", "").count("|") for line in table.splitlines()]
    assert len(cells) == 8
    assert len(set(cells)) == 1


def test_markdown_says_where_the_numbers_come_from(run):
    text = markdown(run)
    assert text.endswith("\n\n`harness run --methods 'mine[mode=a|b],oracle'`\n")
    assert (
        "- Measured on A GPU, A processor, 2 threads, fp32, TF32 convolutions on, python 3.11, "
        "commit aaaaaaa (dirty), 2026-11-26.\n"
    ) in text


def test_markdown_has_a_second_table_of_published_values_if_all_are_asked_for(with_apart):
    assert "37.92" not in markdown(with_apart)
    text = markdown(with_apart, published="all")
    (line,) = (line for line in text.splitlines() if "37.92" in line and "mine" in line)
    cells = [each.strip() for each in line.replace(r"\|", "&").split("|")[1:-1]]
    assert cells == [
        "mine[mode=a&b]", "camera", "PSNR [dB] (8bit)", "37.92", "30.25 ± 0.35 [1]", "Table 2",
        "one; another",
    ]  # fmt: skip


def test_nothing_in_a_name_means_anything(tmp_path):
    name = f"a{HOSTILE}"
    run = make_kept_run(tmp_path / "run", {name: 30}, dataset=name, hostile=HOSTILE)
    command = {"command": ["harness", HOSTILE]}
    text = markdown(replace(run, title=HOSTILE, notes=(HOSTILE,), provenance=command))
    *parts, code = text.strip().split("\n\n")
    prose = "\n".join(parts)
    assert "<" not in prose.replace("<u>", "").replace("</u>", "")
    assert "](" not in prose
    assert len(code.splitlines()) == 1
    table = parts[3].splitlines()
    assert len({line.replace(r"\|", "").count("|") for line in table}) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mine[width=3]", "mine[width=3]"),
        ("a_b __c__", r"a_b \_\_c\_\_"),
        ("a*b*`c`", r"a\*b\*\`c\`"),
        ("# a\n- b", r"\# a - b"),
        ("~/a ~~b~~", r"~/a \~~b\~~"),
        ("![a](b)", r"\![a]\(b)"),
    ],
)
def test_what_means_something_to_markdown_is_escaped_and_nothing_else(text, expected):
    assert escaped(text) == expected
