"""Which of the methods here can be written as ONNX, and why the others cannot, as the docs say."""

import pytest
import torch

import harness
from harness.errors import UsageError
from harness.models.onnx_export import export_onnx

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
pytest.importorskip("onnxscript", reason="the extra onnx is not installed")
pytestmark = pytest.mark.slow

ABLE = ("dbsn", "ssid", "n2v", "n2c", "apbsn[r3=false]")
DRAWING = ("amsnet", "apbsn", "lgbpn")


@pytest.fixture(scope="module")
def registry():
    return harness.load_plugins()


def exported(registry, selector, path):
    """Write a method of quick size with weights that were not trained."""
    chosen = registry.choose("method", selector, quick=True)
    torch.manual_seed(0)
    header = harness.ModelHeader(
        method=chosen,
        parameters=registry.arguments(chosen, 3),
        seed=0,
        trained_on="camera",
        train_split="train",
        budget="quick",
        libraries={},
    )
    return export_onnx(registry.build(chosen, 3), header, path).interface


@pytest.mark.parametrize("selector", ABLE)
def test_these_can_be_exported_for_any_size(registry, tmp_path, selector):
    made = exported(registry, selector, tmp_path / "model.onnx")
    assert (made.height, made.width) == (None, None)
    assert made.difference <= 1e-4


def test_this_one_can_be_exported_for_one_size(registry, tmp_path):
    made = exported(registry, "lgbpn[r3=false]", tmp_path / "model.onnx")
    assert (made.height, made.width) == (256, 256)


@pytest.mark.parametrize("selector", DRAWING)
def test_these_draw_random_numbers(registry, tmp_path, selector):
    with pytest.raises(UsageError, match="it draws random numbers"):
        exported(registry, selector, tmp_path / "model.onnx")
