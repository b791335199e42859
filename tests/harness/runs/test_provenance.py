import sys

from harness.runs.provenance import provenance


def test_the_command_and_its_seeds_are_told(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/bin/harness", "run", "--methods", "a"])
    found = provenance([0, 1], [{"cluster": "x"}])
    assert found["command"] == ["harness", "run", "--methods", "a"]
    assert found["seeds"] == [0, 1]
    assert found["cluster"] == "x"


def test_what_a_plugin_adds_is_kept_if_it_can_be_written_and_named_if_not(caplog):
    cycle: dict[str, object] = {}
    cycle["itself"] = cycle
    found = provenance([0], [{"lab": "north"}, "text", cycle, {"count": 2}])
    assert (found["lab"], found["count"]) == ("north", 2)
    assert "itself" not in found
    assert len(caplog.messages) == 2
    assert all("harness_provenance returned is left out" in text for text in caplog.messages)
