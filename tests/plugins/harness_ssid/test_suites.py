import pytest

from harness.plugin.registry import load_registry
from harness_ssid.suites import NOISE_PRIORS, SUITES


@pytest.fixture(scope="module")
def registry():
    return load_registry()


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_every_row_is_a_method_in_its_canonical_form(registry, suite):
    assert [registry.choose("method", row).label for row in suite.methods] == list(suite.methods)
    assert set(suite.published) <= set(suite.methods)


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
