"""LaTeX compiles as it is, whatever names hold."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from made_runs import HOSTILE, make_kept_run

from harness_reports.latex import escaped, latex


@pytest.fixture
def hostile(tmp_path):
    """A run in whose every text something means something to LaTeX."""
    name = f"a{HOSTILE}"
    run = make_kept_run(tmp_path / "run", {name: 30, "b": 31}, dataset=name, hostile=HOSTILE)
    failed = replace(run.cells[1], status="failed", error=HOSTILE, scores=())
    return replace(run, cells=(run.cells[0], failed), title=HOSTILE, notes=(HOSTILE,))


def rows_of(text):
    """The rows of all tables, as lists of cells."""
    for body in re.findall(r"\\toprule\n(.*?)\\bottomrule", text, re.DOTALL):
        lines = [line for line in body.splitlines() if line not in (r"\midrule", "")]
        assert all(line.endswith(r" \\") for line in lines)
        yield from (re.split(r"(?<!\\) & ", line.removesuffix(r" \\")) for line in lines)


def check(text):
    """See that groups and environments are closed, and that every row has as many cells."""
    (width,) = {len(spec) for spec in re.findall(r"\\begin\{tabular\}\{([lr]+)\}", text)}
    for row in rows_of(text):
        spans = [re.match(r"\\multicolumn\{(\d+)\}", cell) for cell in row]
        assert sum(int(span[1]) if span else 1 for span in spans) == width
    bare = re.sub(r"\\[\\{}]", "", re.sub(r"(?m)^%.*$", "", text))
    depths = [0]
    for character in bare:
        depths.append(depths[-1] + {"{": 1, "}": -1}.get(character, 0))
    assert min(depths) == depths[-1] == 0
    opened = []
    for what, name in re.findall(r"\\(begin|end)\{(\w+)\}", bare):
        if what == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened


@pytest.mark.parametrize("which", ["run", "hostile"])
def test_groups_and_environments_are_closed_and_rows_have_all_cells(which, request):
    check(latex(request.getfixturevalue(which)))


@pytest.mark.parametrize("which", ["run", "hostile"])
def test_a_compiler_takes_it_as_it_is(which, request, tmp_path):
    if not shutil.which("pdflatex"):
        pytest.skip("there is no pdflatex: apt-get install texlive-latex-recommended")
    path = tmp_path / "table.tex"
    path.write_text(latex(request.getfixturevalue(which)), encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", path.name],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-800:]


def test_best_and_second_best_are_marked_and_ties_are_not_ranked(tmp_path):
    run = make_kept_run(tmp_path / "run", {"a": 30, "bb": 31, "ccc": 31, "dddd": 32, "eeeee": 29})
    numbers = {row[0]: row[2] for row in rows_of(latex(run)) if len(row) > 2}
    assert numbers["dddd"].startswith(r"\textbf{3")
    assert numbers["bb"].startswith(r"\underline{= 3")
    assert numbers["ccc"].startswith(r"\underline{= 3")
    assert re.fullmatch(r"[\d.]+", numbers["a"])


def test_a_failed_cell_is_a_row_with_the_reason_below(run):
    text = latex(run)
    assert r"bad & -- & \multicolumn{1}{l}{failed {[}2{]}} \\" in text
    assert r"\item[--] {[}2{]} bad: no luck, at all" in text


def test_published_values_under_other_conditions_are_listed_on_request(with_apart):
    assert "37.92" not in latex(with_apart)
    assert "37.92" in latex(with_apart, published="all")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50 % of a_b & c", r"50 \% of a\_b \& c"),
        ("né", r"n\'{e}"),
        ("中", r"\texttt{U+4E2D}"),
        ("a\nb", "a b"),
        ("\x07", r" "),
    ],
)
def test_every_character_is_read_as_what_it_is(text, expected):
    assert escaped(text) == expected
