"""``harness check --blindness`` prints what is measured, and fails where a claim does not hold."""

import json

import pytest
from PIL import Image


@pytest.fixture
def check(in_process, toys):
    leaky = toys.with_name("leaky.py")
    return lambda *arguments: in_process("check", *arguments, "--blindness", "--plugin", str(leaky))


def test_a_table_says_what_is_hidden_where(check):
    code, out, err = check("window[size=5]", "learner[stride=3]")
    assert (code, err) == (0, "")
    rows = [" ".join(line.split()) for line in out.splitlines()[2:]]
    assert rows == [
        "network window[size=5] 5x5 training 5x5 none – pixel 4",
        "network window[size=5] – inference 5x5 none – pixel 4",
        "method learner[stride=3] 1x1 stride 3 training, stage learning 5x5 none – 3 pixels 6",
        "method learner[stride=3] – inference 1x1 none – pixel 2",
    ]


def test_a_claim_that_does_not_hold_is_exit_code_3(check):
    code, out, err = check("window[leak=skip]")
    assert code == 3
    assert "network window[leak=skip]  3x3" in out
    assert err.startswith("error: network 'window[leak=skip]' in training claims to be blind to")


def test_json_has_all_that_was_measured(check):
    code, out, _ = check("window", "--json")
    (found,) = json.loads(out)["found"]
    assert code == 0
    assert (found["kind"], found["label"], found["claim"]) == ("network", "window", "3x3")
    assert [each["configuration"] for each in found["measurements"]] == ["training", "inference"]
    training = found["measurements"][0]
    assert (training["blind"], training["leak"], training["reach"]) == ("3x3", 0, 3)
    assert len(training["phases"]) == 8


def test_markdown_is_a_table(check):
    _, out, _ = check("window", "--markdown")
    assert out.splitlines()[:3] == [
        "|  | claims | in | blind to | leak | lattice | sees every | reach |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        "| network window | 3x3 | training | 3x3 | none | – | pixel | 3 |",
    ]


def test_what_cannot_be_measured_says_why(check):
    code, out, _ = check("untold")
    assert code == 3
    words = " ".join(out.split())
    assert "method untold in inference is not measured: it computes outside of torch" in words


def test_a_picture_is_drawn(check, tmp_path):
    assert check("window", "untold", "--plot", "fields.png")[0] == 3
    with Image.open(tmp_path / "fields.png") as picture:
        assert min(picture.size) > 300


def test_a_name_that_is_nothing_is_refused(check):
    assert check("windo") == (
        2, "", "error: there is no method or network 'windo'; did you mean 'window'?\n"
    )  # fmt: skip


def test_one_says_what_is_to_be_checked_and_by_what(in_process):
    assert in_process("check", "identity") == (
        2, "", "error: say what to check: --canary or --blindness\n"
    )  # fmt: skip
    assert in_process("check", "--blindness") == (
        2, "", "error: name what to check, or give --all\n"
    )  # fmt: skip
