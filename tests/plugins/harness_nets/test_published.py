import subprocess
import sys

from harness import Published
from harness_nets.published import psnr_and_ssim


def test_a_pair_states_dataset_and_source_twice_and_the_protocol_of_the_ssim_alone():
    psnr, ssim = psnr_and_ssim("dnd", "Table 1", 38.43, 0.942, "dnd-server")

    assert psnr == Published(dataset="dnd", metric="psnr", value=38.43, source="Table 1")
    assert ssim == Published(
        dataset="dnd", metric="ssim", value=0.942, source="Table 1", protocol="dnd-server"
    )


def test_a_paper_without_ssim_states_the_psnr_alone():
    (psnr,) = psnr_and_ssim("cc15", "Table 4", 35.90, psnr_metric="psnr-float")

    assert psnr == Published(dataset="cc15", metric="psnr-float", value=35.90, source="Table 4")


def test_stating_values_imports_no_torch():
    code = "import sys, harness_nets.published; assert 'torch' not in sys.modules"

    subprocess.run([sys.executable, "-c", code], check=True)
