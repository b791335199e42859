"""Tolerances and acknowledgements, from a file."""

from datetime import date
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.gate.rules import Acknowledged, Rules, Tolerance, read_toml, rules_of


def rules(text: str, folder: Path) -> Rules:
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return rules_of(read_toml(path), path)


def test_the_last_tolerance_that_fits_counts():
    stated = Rules(
        (
            Tolerance(metric="psnr", value=0.1),
            Tolerance(metric="psnr", dataset="camera", value=0.2),
            Tolerance(metric="psnr", method="mine*", rule="training", value=0.3),
        )
    )
    assert stated.tolerance("evaluation", "other", "polyu", "psnr") == 0.1
    assert stated.tolerance("evaluation", "mine[width=8]", "camera", "psnr") == 0.2
    assert stated.tolerance("training", "mine[width=8]", "camera", "psnr") == 0.3
    assert stated.tolerance("training", "mine", "camera", "ssim") is None


def test_a_star_is_the_only_sign_with_a_meaning():
    stated = Rules((Tolerance(method="mine[width=?]", value=1.0),))
    assert stated.tolerance("training", "mine[width=?]", "camera", "psnr") == 1.0
    assert stated.tolerance("training", "mine[width=8]", "camera", "psnr") is None


def test_a_file_is_read(tmp_path):
    text = """
    [[tolerance]]
    metric = "psnr"
    value = 1
    [[acknowledged]]
    method = "mine"
    verdict = "missing"
    reason = "it is gone"
    expires = 2027-03-31
    """
    assert rules(text, tmp_path) == Rules(
        (Tolerance(metric="psnr", value=1),),
        (
            Acknowledged(
                method="mine", verdict="missing", reason="it is gone", expires=date(2027, 3, 31)
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[tolerances]]\nvalue = 1", "unknown key 'tolerances'; did you mean 'tolerance'"),
        ("[tolerance]\nvalue = 1", r"'tolerance' must be tables, \[\[tolerance\]\]"),
        ("[[tolerance]]", r"\[\[tolerance\]\] 1 lacks 'value'"),
        ("[[tolerance]]\nvalue = true", "'value' must be a number, zero or more, not True"),
        ("[[tolerance]]\nvalue = -1", "'value' must be a number, zero or more, not -1"),
        ("[[tolerance]]\nvalue = 1\nrule = 'x'", "'rule' must be one of evaluation, training"),
        ("[[tolerance]]\nvalue = 1\nmetrics = 'x'", "unknown key 'metrics'; did you mean 'metric'"),
        ("[[tolerance]]\nvalue = 1\nmetric = 2", "'metric' must be a text, not 2"),
        ("[[acknowledged]]\nreason = 'x'", r"\[\[acknowledged\]\] 1 lacks 'expires'"),
        (
            "[[acknowledged]]\nreason = 'x'\nexpires = '2027-03-31'",
            "'expires' must be a date, such as 2027-03-31, not '2027-03-31'",
        ),
        ("a = ", "rules.toml"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        rules(text, tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"cannot read .*rules\.toml: No such file"):
        read_toml(tmp_path / "rules.toml")
