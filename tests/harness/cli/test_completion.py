"""Completion as shells ask for it: the words so far in, what can follow out."""

import os
import shutil
import subprocess
import sys

import pytest

HARNESS = (sys.executable, "-m", "harness")


def ask(folder, **variables):
    """Run the command as a shell does that completes."""
    result = subprocess.run(
        HARNESS, cwd=folder, env=os.environ | variables, capture_output=True, text=True, check=False
    )
    assert result.stderr == ""
    return result.stdout.splitlines()


@pytest.fixture(params=["bash", "zsh", "fish"])
def complete(request, tmp_path):
    """Completes a line in one of the shells; returns the candidates."""

    def complete(line: str) -> list[str]:
        words = line.split(" ")
        answer = ask(
            tmp_path,
            _HARNESS_COMPLETE=f"{request.param}_complete",
            COMP_WORDS=line,
            COMP_CWORD=words[-1] if request.param == "fish" else str(len(words) - 1),
        )
        if request.param == "zsh":  # type, value, description
            return answer[1::3]
        return [text.partition(",")[2].partition("\t")[0] for text in answer if text]

    return complete


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(tmp_path, shell):
    script = "\n".join(ask(tmp_path, _HARNESS_COMPLETE=f"{shell}_source"))
    assert f"_HARNESS_COMPLETE={shell}_complete" in script


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("harness ru", ["run", "runs"]),
        ("harness runs s", ["show"]),
        ("harness run --methods lg", ["lgbpn"]),
        ("harness run --methods identity,orac", ["identity,oracle"]),
        ("harness run --methods dbsn[width=3,orac", []),
        ("harness run --datasets pol", ["polyu"]),
        ("harness run --train pol", ["polyu"]),
        ("harness run --metrics psnr,ssi", ["psnr,ssim"]),
        ("harness run --launcher loc", ["local"]),
        ("harness run --suite ssid-sup", ["ssid-supervision"]),
        ("harness run --precision b", ["bf16"]),
        ("harness report --format md,cs", ["md,csv"]),
        ("harness show psnr-", ["psnr-float"]),
        ("harness list me", ["methods", "metrics"]),
        ("harness noi", ["noise"]),
        ("harness noise --def", ["--definition"]),
        ("harness nothing --methods lg", []),
        ("harness --version run --methods lg", ["lgbpn"]),
    ],
)
def test_names_are_completed(complete, line, candidates):
    assert complete(line) == candidates


def test_the_plugins_of_the_line_and_of_the_configuration_are_asked_too(complete, tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(
            "from harness import MethodSpec, hookimpl\nprint('loaded')\n"
            "@hookimpl\ndef harness_register_methods():\n"
            f"    return MethodSpec(name='own-{name}', target='own:Own', summary='My own.')\n"
        )
    (tmp_path / "harness.toml").write_text('plugin = ["one.py"]\n')
    assert complete("harness run --plugin two.py --methods own") == ["own-one", "own-two"]


def test_a_mistake_in_the_configuration_does_not_stop_completion(complete, tmp_path):
    (tmp_path / "harness.toml").write_text("plugin = [3]\n")
    assert complete("harness run --methods lg") == ["lgbpn"]


def test_completion_does_not_import_torch(tmp_path):
    program = (
        "import sys; from harness.cli import _complete; _complete('bash_complete'); "
        "print({'torch', 'numpy'} & sys.modules.keys())"
    )
    variables = {"COMP_WORDS": "harness run --methods lg", "COMP_CWORD": "3"}
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "plain,lgbpn\nset()\n"


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_real_bash_completes(tmp_path):
    """The script, sourced as docs/running.md says, and its function called as bash does."""
    binary = tmp_path / "harness"
    binary.write_text(f'#!/bin/sh\nexec {sys.executable} -m harness "$@"\n')
    binary.chmod(0o755)
    program = """
        eval "$(_HARNESS_COMPLETE=bash_source harness)"
        function_of=$(complete -p harness | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        COMP_WORDS=(harness run --methods identity,orac); COMP_CWORD=3
        $function_of harness
        echo "${COMPREPLY[@]}"
    """
    result = subprocess.run(
        ["bash", "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.stdout, result.stderr) == ("identity,oracle\n", "")


def test_commands_of_plugins_are_completed_without_being_imported(complete, tmp_path):
    (tmp_path / "harness.toml").write_text('plugin = ["./greeter.py"]\n')
    (tmp_path / "greeter.py").write_text(
        "from harness import CommandSpec, hookimpl\n"
        "@hookimpl\ndef harness_register_commands():\n"
        "    print('loud')\n"
        "    return CommandSpec(name='greet', target='nothing:nothing', summary='Greet.')\n"
    )
    assert complete("harness gre") == ["greet"]


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_a_real_fish_completes(tmp_path):
    binary = tmp_path / "harness"
    binary.write_text(f'#!/bin/sh\nexec {sys.executable} -m harness "$@"\n')
    binary.chmod(0o755)
    program = """
        _HARNESS_COMPLETE=fish_source harness | source
        complete -C "harness run --methods lg"
        complete -C "harness run --methods identity,orac"
    """
    result = subprocess.run(
        ["fish", "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    names = [line.partition("\t")[0] for line in result.stdout.splitlines()]
    assert names == ["lgbpn", "identity,oracle"]


def test_the_script_for_fish_cuts_at_the_first_comma_alone(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "harness"],
        cwd=tmp_path,
        env=os.environ | {"_HARNESS_COMPLETE": "fish_source"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert 'string split --max 1 ","' in result.stdout
