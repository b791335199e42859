"""``harness new`` says what it wrote, what is next, and what is wrong, a line each."""

from harness.errors import ExitCode


def test_it_says_what_it_wrote_and_what_is_next(in_process, tmp_path):
    code, out, err = in_process("new", "metric", "my-own", "--out", "plugins")
    assert (code, err) == (0, "")
    *files, following = out.splitlines()
    assert files == [
        "plugins/harness-my-own/pyproject.toml",
        "plugins/harness-my-own/README.md",
        "plugins/harness-my-own/harness_my_own/__init__.py",
        "plugins/harness-my-own/harness_my_own/hooks.py",
        "plugins/harness-my-own/harness_my_own/metric.py",
        "plugins/harness-my-own/tests/test_my_own.py",
    ]
    assert all((tmp_path / file).is_file() for file in files)
    assert following == (
        'next: pip install -e "plugins/harness-my-own[test]"; pytest plugins/harness-my-own'
    )


def test_a_taken_name_is_a_warning(in_process):
    code, _, err = in_process("new", "metric", "psnr")
    assert code == 0
    assert err.startswith("warning: metric 'psnr' is taken by plugin 'metrics' of denoise-harness")
    assert err.endswith("and this one will be left out: rename it\n")
    assert len(err.splitlines()) == 1


def test_a_bad_name_is_one_line(in_process):
    code, out, err = in_process("new", "metric", "My Own")
    assert (code, out) == (ExitCode.USAGE, "")
    assert err.startswith("error: 'My Own' is a bad name")
    assert len(err.splitlines()) == 1


def test_what_is_there_already_is_one_line(in_process):
    assert in_process("new", "metric", "mine", "--single-file")[0] == 0
    code, out, err = in_process("new", "metric", "mine", "--single-file")
    assert (code, out) == (ExitCode.USAGE, "")
    assert err == (
        "error: mine.py exists already, and nothing is overwritten: choose another name, or "
        "another folder with --out\n"
    )
