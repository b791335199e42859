import pytest
import torch

from harness.plugin.registry import LoadSettings, load_registry
from harness_amsnet.hooks import harness_register_methods, harness_register_suites
from harness_amsnet.method import AMSNet
from harness_amsnet.suites import DENOISERS


@pytest.fixture(scope="module")
def registry():
    return load_registry(LoadSettings())


@pytest.mark.parametrize("suite", harness_register_suites(), ids=lambda suite: suite.name)
def test_a_suite_names_its_methods_as_records_name_them(suite, registry):
    labels = [registry.choose("method", selector).label for selector in suite.methods]
    quick = [registry.choose("method", each, quick=True).label for each in suite.methods]

    for named, label, narrowed in zip(suite.methods, labels, quick, strict=True):
        assert named in (label, narrowed)  # the default is named where quick has another
    assert set(suite.published) <= set(labels)


def test_the_denoisers_are_those_of_table_4(registry):
    (suite,) = (s for s in harness_register_suites() if s.name == "amsnet-denoisers")
    labels = [registry.choose("method", selector).label for selector in suite.methods]

    assert [suite.published[label][0].value for label in labels] == [
        37.93, 37.80, 37.10, 36.94, 36.93,
    ]  # fmt: skip


def test_identity_mapping_crosses_both_networks_with_both_kinds_of_training():
    (suite,) = (s for s in harness_register_suites() if s.name == "amsnet-identity-mapping")

    assert suite.methods == (
        "apbsn",
        "apbsn[dilated=false]",
        "amsnet[denoiser=apbsn]",
        "amsnet[denoiser=apbsn[dilated=false]]",
    )


def test_every_published_value_stands_beside_a_protocol_that_is_known():
    protocols = {p.protocol for p in harness_register_methods().published if p.metric == "ssim"}

    assert protocols == {"wang", "matlab-volume", "dnd-server"}


@pytest.mark.parametrize("selector", DENOISERS)
@pytest.mark.parametrize("quick", [True, False])
def test_crops_fit_every_denoiser_of_table_4_in_either_budget(selector, quick, registry):
    with torch.device("meta"):
        method = registry.build(registry.choose("method", selector, quick=quick))
    assert isinstance(method, AMSNet)

    for stage in method.stages():
        multiple = stage.stride * method.size_multiple // method.test_stride
        assert stage.recipe.crop % multiple == 0


def test_every_value_says_that_others_report_it():
    suites = harness_register_suites()
    values = [each for suite in suites for stated in suite.published.values() for each in stated]

    assert {each.origin for each in (*values, *harness_register_methods().published)} == {"report"}


def test_training_data_is_stated_where_it_is_known():
    stated = {each.dataset: each.trained_on for each in harness_register_methods().published}

    assert stated == {
        "sidd-validation": "sidd-medium",
        "sidd-benchmark": "not stated",
        "dnd": "not stated",
        "polyu": "not stated",
    }
