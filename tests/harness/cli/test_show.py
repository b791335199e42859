"""``harness show`` through the real command."""

import json

HOOKS = """
from harness import *

@hookimpl
def harness_register_methods():
    return MethodSpec(
        name="both",
        target="showy.method:Both",
        summary="A method to look at.",
        parameters=(
            Parameter(name="width", default=64, minimum=1, help="channels of every layer"),
            Parameter(name="mode", default="a", choices=("a", "b")),
            Parameter(name="strides", default=(5, 2), many=True),
        ),
        requires=("h5py>=3",),
        notes="Some notes.",
        paper="Somebody, 2020",
        trains=True,
        quick={"width": 8},
        published=(
            Published(
                dataset="sidd", metric="psnr", value=35.5, source="Table 1",
                trained_on="dnd", origin="report",
            ),
        ),
    )

@hookimpl
def harness_register_networks():
    return NetworkSpec(name="both", target="showy.net:Both", summary="A net.", roles=("blind",))
"""


def test_everything_in_a_spec_is_shown(install, run_harness):
    install("showy", HOOKS)
    result = run_harness("show", "both", "--kind", "method")
    assert result.returncode == 0
    for part in (
        "method both\n  A method to look at.",
        "plugin 'showy' of showy 1.2",
        "width=64",
        "channels of every layer; at least 1",
        "one of a, b",
        "strides=[5,2]",
        "list of int",
        "h5py>=3",
        "Some notes.",
        "Somebody, 2020",
        "width=8",
        "35.5",
        "Table 1, reported by others; trained on dnd",
    ):
        assert part in result.stdout


def test_a_name_of_several_kinds_shows_all(install, run_harness):
    install("showy", HOOKS)
    shown = json.loads(run_harness("show", "both", "--json").stdout)
    assert (shown["schema"], shown["kind"]) == (1, "show")
    shown = shown["entries"]
    assert [entry["kind"] for entry in shown] == ["method", "network"]
    assert shown[0]["parameters"][0]["name"] == "width"
    assert shown[0]["published"][0]["value"] == 35.5
    assert shown[1]["roles"] == ["blind"]


def test_parameters_that_are_set_are_shown_with_their_defaults(install, run_harness):
    install("showy", HOOKS)
    result = run_harness("show", "both[width=3]")
    assert result.stdout.startswith("method both[width=3]\n")
    assert "width=3" in result.stdout
    assert "default 64; channels of every layer; at least 1" in result.stdout
    assert "mode=a" in result.stdout
    (entry,) = json.loads(run_harness("show", "both[width=3]", "--json").stdout)["entries"]
    assert entry["given"] == {"width": 3}


def test_a_parameter_that_does_not_exist_is_refused(run_harness):
    result = run_harness("show", "dbsn[widht=3]")
    assert result.returncode == 2
    assert result.stderr.startswith("error: method 'dbsn' has no parameter 'widht'; did you mean")


def test_the_root_of_a_dataset_is_shown_as_a_parameter(run_harness):
    assert "root=none" in run_harness("show", "folder").stdout


def test_an_unknown_name_is_answered_with_near_ones(run_harness):
    result = run_harness("show", "psn")
    assert result.returncode == 2
    assert result.stderr.startswith("error: nothing is named 'psn'; did you mean 'psnr'")
    assert result.stderr.count("\n") == 1


READ = """
from harness import *

@hookimpl
def harness_register_methods():
    return MethodSpec(name="read", target="showy.method:Read", summary="A method.", notes="Notes.")
"""
READ_METHOD = '''
from typing import Annotated, Literal

from harness import Channels, Maximum, Method, Positive, Role

class Read(Method):
    """A method.

    Args:
        width: channels of every layer.
        net: network that denoises.
    """

    def __init__(
        self,
        channels: Channels = 3,
        width: Positive = 48,
        mode: Literal["a", "b"] = "a",
        scale: Annotated[float, Maximum(4)] = 1,
        net: Annotated[str, Role("blind")] = "unet",
    ):
        super().__init__()

    def denoise(self, noisy):
        return noisy
'''


def test_the_parameters_of_a_signature_are_shown_with_their_limits_and_help(install, run_harness):
    install("showy", READ, method=READ_METHOD)
    text = run_harness("show", "read").stdout
    for part in (
        "channels=3  int    at least 1; set from the images",
        "width=48    int    channels of every layer; at least 1",
        "mode=a      str    one of a, b",
        "scale=1     float  at most 4",
        "net=unet    str    network that denoises; a network of the role blind",
    ):
        assert part in text
    (shown,) = json.loads(run_harness("show", "read", "--json").stdout)["entries"]
    width = shown["parameters"][1]
    assert (width["name"], width["minimum"], width["value_type"]) == ("width", 1, "int")
    assert width["help"] == "channels of every layer"


def test_a_target_that_cannot_be_imported_is_shown_with_the_reason(install, run_harness):
    install("showy", READ, method="import no_such_module")
    result = run_harness("show", "read")
    assert result.returncode == 0
    assert "No module named 'no_such_module'" in " ".join(result.stdout.split())
    assert "Notes." in result.stdout
    (shown,) = json.loads(run_harness("show", "read", "--json").stdout)["entries"]
    assert shown["parameters"] is None
    assert "No module named 'no_such_module'" in shown["problem"]


def test_every_mark_and_metric_of_the_table_is_shown(run_harness):
    result = run_harness("show", "table")
    assert result.returncode == 0
    for part in ("N of M test images", "narrowed", "n/a", "± N", "out-of-memory", "psnr-float"):
        assert part in result.stdout


def test_a_mark_is_shown_as_it_is_printed(run_harness):
    result = run_harness("show", "3 of 15 test images")
    assert result.returncode == 0
    assert result.stdout.startswith("in the table\n  N of M test images  Training saw")


def test_a_word_that_is_a_plugin_too_shows_both(run_harness):
    text = run_harness("show", "oracle").stdout
    assert text.startswith("method oracle\n")
    assert "in the table\n  oracle" in text
    assert "in the table" not in run_harness("show", "oracle", "--kind", "method").stdout


def test_marks_are_shown_as_json(run_harness):
    shown = json.loads(run_harness("show", "narrowed", "--json").stdout)
    assert shown["entries"] == []
    assert [mark["text"] for mark in shown["marks"]] == ["narrowed"]


def test_the_protocol_of_every_metric_is_explained(run_harness):
    for entry in json.loads(run_harness("list", "metrics", "--json").stdout)["metrics"]:
        assert entry["notes"] or not entry["protocol"]
