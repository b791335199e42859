"""Options read numbers strictly, whatever ``int`` and ``float`` would take."""

import pytest

from harness.cli import execute

LONG = "9" * 5000


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--checkpoint-every", "nan", "'nan' is not a finite number"),
        ("--checkpoint-every", "inf", "'inf' is not a finite number"),
        ("--checkpoint-every", "soon", "'soon' is not a finite number"),
        ("--checkpoint-every", "-1", "-1.0 is not in the range x>=0"),
        ("--tile", "²", "'²' is not a whole number"),
        ("--tile", "3_2", "'3_2' is not a whole number"),
        ("--tile", LONG, "999…' is not a whole number"),
        ("--tile", "3", "3 is not in the range x>=16"),
        ("--images", "²", "cannot read --images '²': write a number, or 'all'"),
        ("--images", LONG, "999…': write a number, or 'all'"),
        ("--images", "-1", "cannot read --images '-1'"),
        ("--jobs", "0", "cannot read --jobs '0': write 1 or more, or 'auto'"),
        ("--jobs", "all", "cannot read --jobs 'all': write 1 or more, or 'auto'"),
        ("--seeds", "0,²", "cannot read the seeds '0,²': write '0' or '0,1,2'"),
        ("--seeds", LONG, "999…': write '0' or '0,1,2'"),
        ("--seeds", "1,1", "a seed is given twice in '1,1'"),
        ("--device", "cuda:²", "there is no device 'cuda:²'"),
        ("--device", "cuda:-1", "there is no device 'cuda:-1'"),
        ("--device", "cuda:", "there is no device 'cuda:'"),
        ("--device", "cuda:0,", "there is no device 'cuda:0,'"),
        ("--device", f"cuda:{LONG}", "999…': say cpu"),
        ("--budget", "²it", "cannot read the budget '²it'"),
        ("--timeout", "nans", "cannot read the time 'nans'"),
    ],
)
def test_a_bad_number_is_refused_in_one_line(tmp_path, monkeypatch, capsys, option, value, message):
    monkeypatch.chdir(tmp_path)
    assert execute(["run", "--methods", "identity", option, value]) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1
    assert len(shown) < 600


def test_a_selector_nested_too_deeply_is_refused_in_one_line(capsys):
    assert execute(["run", "--methods", "a[b=" * 3000]) == 2
    shown = capsys.readouterr().err
    assert shown.endswith(": brackets nest too deeply\n")
    assert shown.count("\n") == 1
