"""Announces AP-BSN, its blind-spot network, and its table on refinement."""

from collections.abc import Mapping
from functools import partial

from harness import MethodSpec, NetworkSpec, Published, SuiteSpec, Value, hookimpl
from harness_nets.published import psnr_and_ssim, reported
from harness_nets.tuning import TEST

PAPER = (
    "Lee, Son, Lee: AP-BSN: Self-Supervised Denoising for Real-World Images via Asymmetric PD and "
    "Blind-Spot Network, CVPR 2022, arXiv 2203.11799"
)

SIDD = "sidd-medium"
"""What its networks for SIDD are trained on; those for DND on the test images themselves."""

NARROW: Mapping[str, Value] = {"width": 16, "blocks": 2, "init": "orthogonal"}


def _servers(benchmark: tuple[float, float], dnd: tuple[float, float]) -> tuple[Published, ...]:
    """PSNR and SSIM of the servers, as the table in the README has them."""
    stated = partial(psnr_and_ssim, source="table in the README", origin="code")
    return (
        *stated(
            "sidd-benchmark",
            psnr=benchmark[0],
            ssim=benchmark[1],
            protocol="matlab-volume",
            trained_on=SIDD,
        ),
        *stated("dnd", psnr=dnd[0], ssim=dnd[1], protocol="dnd-server", trained_on="itself"),
    )


REFINED = (
    *_servers((35.97, 0.925), (38.09, 0.937)),
    *reported("Table 1 of SSID", (36.74, 0.934, 0.281), trained_on=SIDD),
)

UNREFINED = _servers((34.90, 0.900), (37.46, 0.924))


@hookimpl
def harness_register_methods() -> MethodSpec:
    """AP-BSN."""
    return MethodSpec(
        name="apbsn",
        target="harness_apbsn.method:APBSN",
        summary="AP-BSN: asymmetric pixel-shuffle downsampling, blind-spot network, refinement.",
        trains=True,
        quick={
            **NARROW,
            "train_stride": 4,
            "iterations": 800,
            "batch_size": 4,
            "crop": 80,
            "learning_rate": 5e-3,
            "schedule": "cosine",
        },
        quick_chosen_on=TEST,
        published=REFINED,
        notes=(
            "The network and all defaults are those of the released code; released weights fit. "
            "Inside, intensities run from 0 to 255. "
            "layout=mosaic, as released, sets the sub-images side by side with two zero pixels "
            "around each; the network reaches across, so that near a seam it sees a sub-image of "
            "another phase, and at the image border the opposite side of the image. Large images "
            "are tiled, and then differ from the whole next to their borders only; with "
            "layout=batch every sub-image stands alone, and tiles are exact. "
            "R3's masks are drawn per pixel and channel from r3_seed, the same for every image of "
            "a size; the released code draws them unseeded. Each tile of a large image draws its "
            "own, so tiled and whole differ there as two seeds do. "
            "Sizes that are no multiple of test_stride are extended by reflection and cropped; the "
            "released code extends by zeros and, with R3, returns the extended size. "
            "Iterations are 20 epochs of 24,542 crops, for SIDD-Medium; the released settings "
            "repeat the images of DND 4 times per epoch and the benchmark blocks of SIDD 19 times. "
            "Published: with R3, 35.97 dB on the SIDD benchmark, but 36.91 dB (0.931) where "
            "trained on its noisy blocks, and 36.73 dB for the released weights, by a user's "
            "submission; the authors say that runs vary and that the paper's was an early one. "
            "The SSIM of the DND server follows no protocol that is computed here."
        ),
        paper=PAPER,
        assumes="zero mean; independent between pixels as far apart as the stride in training",
        blind="lattice 6 stride {train_stride} leak 1e-6",
        licence="authors' code: MIT; this one is written anew",
    )


@hookimpl
def harness_register_networks() -> NetworkSpec:
    """The network of AP-BSN, for methods that build on a blind-spot network."""
    return NetworkSpec(
        name="apbsn",
        target="harness_apbsn.network:LightBlindSpotNetwork",
        summary="The blind-spot network of AP-BSN: two dilated branches, blind at the pixel.",
        roles=("blind", "denoiser"),
        blind="lattice 6",
        quick=NARROW,
        paper=PAPER,
    )


@hookimpl
def harness_register_suites() -> SuiteSpec:
    """AP-BSN without and with refinement."""
    return SuiteSpec(
        name="apbsn-refinement",
        summary="AP-BSN without and with random-replacing refinement.",
        methods=("apbsn[r3=false]", "apbsn"),
        datasets=("sidd-validation", "sidd-benchmark", "dnd"),
        published={"apbsn[r3=false]": UNREFINED, "apbsn": REFINED},
        paper=PAPER,
    )
