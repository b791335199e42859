"""``harness submit``: from a method to the files that others score, and back."""

import json
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def submit(in_process, toys):
    """Run ``harness submit`` with the toy submissions."""

    def submit(*arguments: str) -> tuple[int, str, str]:
        plugins = ("--plugin", str(toys), "--plugin", str(toys.with_name("handed.py")))
        return in_process("submit", *plugins, *arguments)

    return submit


@pytest.fixture
def made(submit):
    """A submission of the noisy images as they are."""
    code, out, err = submit("contest", "--method", "identity", "--out", "made", "--quiet")
    assert code == 0, err
    return out


def test_the_files_are_named_and_fit_to_be_uploaded(made, submit):
    assert made == ("made/contest.npy\n1 file written; see: harness submit check made\n")
    assert submit("check", "made") == (
        0, "made/contest.npy: contest, NumPy file\n  nothing is wrong\n", ""
    )  # fmt: skip


def test_a_submission_says_method_and_time(made):
    method, seconds = Path("made/about.txt").read_text().split()
    assert method == "identity"
    assert float(seconds) > 0


def test_what_was_denoised_is_not_denoised_again(made, submit):
    code, _, err = submit("contest", "--method", "identity", "--out", "again")
    assert code == 0
    assert "reused" in err


def test_files_that_are_there_stay_unless_told(made, submit):
    before = Path("made/contest.npy").read_bytes()
    code, _, err = submit("contest[turned=true]", "--method", "identity", "--out", "made")
    assert (code, err) == (
        2,
        "error: made/contest.npy is there already: name another folder with --out, or replace it "
        "with --overwrite\n",
    )
    assert Path("made/contest.npy").read_bytes() == before
    code, _, err = submit(
        "contest[turned=true]", "--method", "identity", "--out", "made", "--overwrite"
    )
    assert code == 0, err
    assert Path("made/contest.npy").read_bytes() != before


def test_what_is_wrong_is_said_and_is_the_exit_code(submit):
    submit("contest[turned=true]", "--method", "identity", "--out", "made", "--quiet")
    Path("made/late").touch()
    code, out, _ = submit("check", "made/contest.npy")
    assert code == 2
    assert out.splitlines() == [
        "made/contest.npy: contest, NumPy file",
        "  wrong: it is late",
        "  wrong: orientation: images are flipped upside down, as the noisy images tell",
    ]


def test_a_method_is_trained_with_the_options_of_a_run(submit):
    code, _, err = submit(
        *("contest", "--method", "toy", "--out", "made", "--train-on", "test"),
        *("--budget", "quick:3it"),
    )
    assert code == 0, err
    assert "train toy on scenes" in err
    assert submit("check", "made")[0] == 0


def test_finer_numbers_than_8_bits_are_kept_where_a_submission_takes_them(submit):
    code, _, err = submit(
        *("fine", "--method", "toy", "--out", "made", "--budget", "quick:3it", "--quiet")
    )
    assert code == 0, err
    images = np.load("made/fine.npy")
    assert images.dtype == np.float32
    levels = images * 255
    assert not np.allclose(levels, levels.round(), atol=1e-3)
    assert submit("check", "made")[0] == 0


def test_two_seeds_are_two_models(submit):
    code, _, err = submit("contest", "--method", "toy", "--out", "made", "--seeds", "0,1")
    assert (code, err) == (2, "error: a submission is of one model: give one seed\n")


def test_a_method_that_fails_leaves_no_file(submit):
    code, _, err = submit("contest", "--method", "breaks", "--out", "made", "--quiet")
    assert code == 3
    assert "has not denoised scenes: " in err
    assert not Path("made").exists()


def test_an_unknown_submission_is_named(submit):
    code, _, err = submit("contes", "--method", "identity", "--out", "made")
    assert code == 2
    assert "there is no submission 'contes'; did you mean 'contest'?" in err


def test_what_is_no_submission_is_said_with_what_would_be(submit, tmp_path):
    Path("empty").mkdir()
    code, _, err = submit("check", "empty")
    assert code == 2
    assert err.startswith("error: empty is no submission that is known by its names (")
    assert "contest: contest.npy" in err
    assert "submission 'lacking' (plugin 'handed' of " in err
    assert submit("check", "gone")[2] == "error: there is no file or folder gone\n"


def test_a_submission_whose_plugin_lacks_something_keeps_no_other_from_being_checked(made, submit):
    code, out, _ = submit("check", "made")
    assert code == 0
    assert "nothing is wrong" in out
    code, _, err = submit("lacking", "--method", "identity", "--out", "other")
    assert code == 5
    assert "pip install 'not-there>=1'" in err


def test_without_noisy_images_the_rest_is_checked_and_said(submit):
    np.save("rooted.npy", np.zeros((2, 4, 4, 3), np.uint8) + 7)
    code, out, _ = submit("check", "rooted.npy")
    assert code == 0
    assert out.splitlines()[1:] == [
        "  nothing is wrong",
        "  number, order and orientation were not compared: --noisy ROOT says where distant lies",
    ]


def test_json_has_a_result_for_each_file(made, submit):
    code, out, _ = submit("check", "made", "--json")
    assert code == 0
    assert json.loads(out)["results"] == [
        {
            "submission": "contest",
            "form": "NumPy file",
            "path": "made/contest.npy",
            "problems": [],
            "remark": "",
        }
    ]


def test_the_help_lists_what_can_be_handed_in(submit):
    out = submit("--help")[1]
    assert "contest" in out
    assert "Tell what is wrong with a submission before it is uploaded." in out
    assert "--train-on" in submit("contest", "--help")[1]
