import pytest

from harness.plugin.registry import active_registry
from harness_datasets.hooks import harness_register_datasets, harness_register_protocols

PROTOCOLS = {spec.name: spec for spec in harness_register_protocols()}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_names_metrics_that_there_are(name):
    registry = active_registry()
    for metric in PROTOCOLS[name].metrics:
        assert registry.choose("metric", metric).kind == "metric"


@pytest.mark.parametrize("spec", [s for s in harness_register_datasets() if s.protocol], ids=repr)
def test_a_dataset_names_a_protocol_that_there_is(spec):
    assert spec.protocol in PROTOCOLS


@pytest.mark.parametrize("name", ["dnd", "sidd-benchmark"])
def test_where_the_ground_truth_is_not_public_the_reason_names_the_command_that_helps(name):
    assert f"(harness submit {name})" in PROTOCOLS[name].scored_by


def test_show_explains_a_protocol_and_the_dataset_that_has_it(in_process):
    code, out, _ = in_process("show", "sidd")
    assert code == 0
    assert "protocol sidd\n" in out
    assert "metrics:  psnr, ssim[protocol=matlab-volume]" in out
    code, out, _ = in_process("show", "polyu", "--kind", "dataset")
    assert code == 0
    assert "psnr, ssim[protocol=skimage] with --protocol polyu" in out


def test_the_table_says_convention_and_protocol(in_process, toys):
    code, out, err = in_process(
        *("run", "--plugin", str(toys), "--methods", "identity", "--datasets", "scenes"),
        *("--protocol", "sidd", "--metrics", "psnr"),
    )
    assert code == 0, err
    assert "(matlab-volume)" in out
    assert "Protocol sidd: " in out


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        ("sidd-validation", "psnr, ssim[protocol=matlab-volume] with --protocol sidd"),
        ("dnd", "its server scores it (harness submit dnd)"),
    ],
)
def test_show_says_how_a_dataset_is_scored(in_process, dataset, words):
    code, out, _ = in_process("show", dataset, "--kind", "dataset")
    assert code == 0
    assert words in " ".join(out.split())
