"""The commits of sources are those of the packages, and say what was changed."""

import subprocess

from harness.plugin.registry import load_registry
from harness.results.machine import Commit
from harness.runs.planning import make_plan
from harness.runs.request import Request
from harness.specs import LoadSettings
from harness.worker.commits import commits, packages_of


def test_a_package_in_a_checkout_has_a_commit_and_a_changed_one_is_dirty(tmp_path, monkeypatch):
    package = tmp_path / "some_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert commits(["some_package"]) == {}

    def git(*arguments):
        identity = ["-c", "user.name=n", "-c", "user.email=e"]
        subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    found = commits(["some_package"])["some_package"]
    assert len(found.commit) == 40
    assert found.dirty is False
    (package / "__init__.py").write_text("changed = True")
    assert commits(["some_package"])["some_package"].dirty is True


def test_a_package_that_does_not_exist_has_no_commit():
    assert commits(["there_is_no_such_package"]) == {}


def test_a_commit_is_told_in_short():
    assert str(Commit(commit="0123456789" * 4, dirty=False)) == "0123456"
    assert str(Commit(commit="0123456789" * 4, dirty=True)) == "0123456 (dirty)"


def test_the_packages_of_a_job_are_those_of_its_plugins(toys):
    registry = load_registry(LoadSettings(plugins=(str(toys),)))
    request = Request(methods="identity", datasets="scenes", metrics="psnr", device="cpu")
    (cell,) = make_plan(request, registry).cells
    assert packages_of(cell, registry) == {"harness_controls", "toys", "harness"}
