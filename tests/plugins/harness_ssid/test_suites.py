import pytest

from harness.plugin.registry import load_registry
from harness_ssid.hooks import harness_register_methods
from harness_ssid.suites import NOISE_PRIORS, SUITES


@pytest.fixture(scope="module")
def registry():
    return load_registry()


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_every_row_is_a_method_in_its_canonical_form(registry, suite):
    labels = [registry.choose("method", row).label for row in suite.methods]
    quick = [registry.choose("method", row, quick=True).label for row in suite.methods]

    for row, label, narrowed in zip(suite.methods, labels, quick, strict=True):
        assert row in (label, narrowed)  # the default is named where quick has another
    assert set(suite.published) <= set(labels)


@pytest.mark.parametrize("row", [row for suite in SUITES for row in suite.methods])
def test_every_row_can_be_made(registry, row):
    choice = registry.choose("method", row)

    assert registry.build(choice).stages()


def test_the_table_of_the_report_has_nine_rows_with_psnr_and_ssim():
    assert len(NOISE_PRIORS) == 9
    for values in NOISE_PRIORS.values():
        assert [value.metric for value in values] == ["psnr", "ssim"]


@pytest.mark.parametrize(
    ("row", "parameters"),
    [  # as the report's code counts, without its copies for the test and its unused layers
        ("lgbpn[local_network=ssid-bnn[features=128]]", 5_431_391 - 1_354_880 - 12_416),
        ("lgbpn[fusion=mean]", 6_129_823 - 248_960 - 1_354_880),
        (
            "lgbpn[local_body=transformer,transformer_blocks=3]",
            4_783_775 - 248_960 - 1_354_880,
        ),
        ("lgbpn[branches=local]", 2_037_027 - 248_960),
        ("lgbpn[branches=global]", 4_105_503 - 1_354_880),
    ],
)
def test_a_row_of_the_report_has_as_many_parameters_as_its_code(registry, row, parameters):
    choice = registry.choose("method", row)
    method = registry.build(choice)

    assert sum(weight.numel() for weight in method.parameters()) == parameters


def test_what_the_report_quotes_of_lgbpn_stands_at_the_benchmark_where_it_was_measured():
    assert [(each.dataset, each.value) for each in NOISE_PRIORS["lgbpn"]] == [
        ("sidd-benchmark", 37.28),
        ("sidd-benchmark", 0.936),
    ]


def test_the_lan_that_learns_from_the_noisy_image_has_the_reports_value_and_not_its_denoiser():
    (suite,) = (each for each in SUITES if each.name == "noise-priors")

    assert suite.published["ssid[lan_target=noisy,output=lan]"][0].value == 25.32
    assert "ssid[lan_target=noisy]" in suite.methods
    assert "ssid[lan_target=noisy]" not in suite.published


def test_the_lpips_of_the_paper_belongs_to_none_of_our_networks():
    (lpips,) = (each for each in harness_register_methods().published if each.metric == "lpips")

    assert lpips.protocol == "not stated"
