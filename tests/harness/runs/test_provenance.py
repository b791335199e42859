import json
import subprocess
import sys

from harness.runs.provenance import commits, provenance
from harness.worker.machine import machine, versions


def test_versions_are_those_installed():
    import torch

    assert versions()["torch"].startswith(torch.__version__.partition("+")[0])
    assert versions(["no-such-package"]).keys() == {"python"}


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
    assert len(found["commit"]) == 40
    assert found["dirty"] is False
    (package / "__init__.py").write_text("changed = True")
    assert commits(["some_package"])["some_package"]["dirty"] is True


def test_a_package_that_does_not_exist_has_no_commit():
    assert commits(["there_is_no_such_package"]) == {}


def test_the_machine_and_the_command_are_plain_json(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/bin/harness", "run", "--methods", "a"])
    found = provenance(["harness"], [0, 1], [{"cluster": "x"}])
    assert found["command"] == ["harness", "run", "--methods", "a"]
    assert found["seeds"] == [0, 1]
    assert found["cluster"] == "x"
    assert json.loads(json.dumps(machine("cpu")))["processor"]


def test_what_a_plugin_adds_is_kept_if_it_can_be_written_and_named_if_not(caplog):
    cycle: dict[str, object] = {}
    cycle["itself"] = cycle
    found = provenance([], [0], [{"lab": "north"}, "text", cycle, {"count": 2}])
    assert (found["lab"], found["count"]) == ("north", 2)
    assert "itself" not in found
    assert len(caplog.messages) == 2
    assert all("harness_provenance returned is left out" in text for text in caplog.messages)
