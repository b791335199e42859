"""``harness check`` holds plugins to their contract and their claims, each on its own."""

import json
from importlib.metadata import entry_points

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


def test_one_says_what_is_to_be_checked(in_process):
    assert in_process("check", "--blindness") == (
        2, "", "error: name what to check, or give --all\n"
    )  # fmt: skip


SOUND_AND_NOT = """
from harness import MetricSpec, ReportSpec, hookimpl

@hookimpl
def harness_register_metrics():
    def spec(name, target):
        return MetricSpec(
            name=name, target=target, summary="Mean error.", label="ME", protocol="8bit",
            higher_is_better=False, decimals=2, tolerance=0.01,
        )
    return [spec("sound", "PLUGIN:sound"), spec("absent", "no_such:thing"),
            spec("raising", "PLUGIN:raising")]

@hookimpl
def harness_register_reports():
    return ReportSpec(name="told", target="PLUGIN:told", summary="All.", filename="told.txt")

def sound(denoised, clean):
    return (denoised - clean).abs().mean(dim=(1, 2, 3))

def raising(denoised, clean):
    raise ValueError("no luck")

def told(run):
    return " ".join(cell.method for cell in run.cells)
"""


@pytest.fixture
def check_contract(in_process, tmp_path):
    """Runs ``harness check`` with a plugin that has a sound metric and two that are not."""
    plugin = tmp_path / "sound_and_not.py"
    plugin.write_text(SOUND_AND_NOT.replace("PLUGIN", plugin.stem))
    return lambda *arguments: in_process("check", *arguments, "--plugin", str(plugin))


def test_what_keeps_its_contract_is_told_in_a_line(check_contract):
    assert check_contract("sound", "told") == (
        0,
        "metric sound: 9 tests passed, 3 had nothing to say\n"
        "report told: 8 tests passed, 1 had nothing to say\n",
        "",
    )


def test_each_test_that_fails_is_a_line_that_names_the_place(check_contract):
    code, out, err = check_contract("raising")
    assert code == 3
    assert out.startswith("metric raising: 5 failed, ")
    first = err.splitlines()[0]
    assert first == (
        "error: metric 'raising': test_an_image_gets_one_number: "
        "ValueError: no luck (sound_and_not.py:22)"
    )
    assert len(err.splitlines()) == 5


def test_of_all_plugins_one_that_cannot_be_imported_leaves_the_others(check_contract):
    others = sorted({point.name for point in entry_points(group="harness")} - {"commands"})
    code, out, err = check_contract("--all", *(f"--plugin=no:{name}" for name in others))
    assert code == 5
    assert [line.split(":")[0] for line in out.splitlines()] == [
        "metric raising", "metric sound", "report told"
    ]  # fmt: skip
    assert err.splitlines()[0].startswith("error: metric 'absent'")


def test_verdicts_can_be_read_by_a_program(check_contract):
    code, out, _ = check_contract("sound", "--json")
    (found,) = json.loads(out)["found"]
    assert code == 0
    assert (found["kind"], found["selector"]) == ("metric", "sound")
    assert {"test": "test_an_image_gets_one_number", "outcome": "passed", "said": ""} in (
        found["tests"]
    )


def test_a_plugin_that_breaks_while_it_is_measured_leaves_the_others(in_process, tmp_path, toys):
    plugin = tmp_path / "breaks_when_made.py"
    plugin.write_text(
        "from harness import Method, MethodSpec, hookimpl\n"
        "@hookimpl\n"
        "def harness_register_methods():\n"
        "    return MethodSpec(name='unmade', target='breaks_when_made:Unmade', summary='No.')\n"
        "class Unmade(Method):\n"
        "    def __init__(self):\n"
        "        raise ValueError('no luck')\n"
        "    def denoise(self, noisy):\n"
        "        return noisy\n"
    )
    leaky = toys.with_name("leaky.py")
    code, out, err = in_process(
        *("check", "unmade", "window", "--blindness"),
        *("--plugin", str(plugin), "--plugin", str(leaky)),
    )
    assert code == 3
    assert "network window" in out
    assert err.startswith("error: method 'unmade'")
    assert "no luck (breaks_when_made.py:7)" in err
