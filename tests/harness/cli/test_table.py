"""The table at the end of a run, on terminals wide and narrow, and piped."""

import io
import sys

import pytest
from made_records import make_cell, make_run, make_score

from harness.cli.table import print_summary
from harness.runs.table import Summary, summarise


class Terminal(io.StringIO):
    """Standard output that says that it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def summary():
    scores = tuple(make_score(metric, 12.34) for metric in ("psnr", "other"))
    failed = make_cell("bad", status="failed", error="no luck")
    return summarise(make_run(make_cell(scores=scores), failed))


def on_terminal(summary, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    print_summary(summary)
    return terminal.getvalue()


def test_piped_it_is_plain_text(summary, capsys):
    print_summary(summary)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "PSNR ↑" in shown
    assert "[dB]" in shown
    assert "12.34" in shown
    assert shown.endswith("[1] bad: no luck\nWhat the columns and words mean: harness show table\n")


@pytest.mark.parametrize("columns", [40, 100])
def test_notes_are_wrapped_at_words(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    note = "the method other[width=32] " * 8
    print_summary(Summary((), (), (note,), ()))
    lines = capsys.readouterr().out.splitlines()[1:]
    assert max(map(len, lines)) <= columns
    assert " ".join(lines).split() == ["[1]", *note.split()]


def test_on_a_terminal_brackets_are_no_markup(summary, monkeypatch):
    shown = on_terminal(summary, monkeypatch, 120)
    assert "[dB]" in shown
    assert "(8bit)" in shown
    assert "failed [1]" in shown


@pytest.mark.parametrize("width", [30, 60, 200])
def test_no_number_is_broken_however_narrow_the_terminal(summary, monkeypatch, width):
    shown = on_terminal(summary, monkeypatch, width)
    assert shown.count("12.34") == 2


def test_a_narrow_terminal_gets_rows_one_below_the_other(summary, monkeypatch):
    assert "PSNR [dB] (8bit) ↑: 12.34" in on_terminal(summary, monkeypatch, 30)


def test_without_rows_it_says_so(capsys):
    print_summary(Summary((), (), (), ()))
    assert capsys.readouterr().out == "no results\n"
