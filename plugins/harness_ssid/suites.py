"""The report on noise priors, and the tables of the SSID paper, as suites."""

from harness import Origin, Published, SuiteSpec
from harness_nets.published import NOT_STATED, psnr_and_ssim, reported

PAPER = (
    "Li, Zhang, Liu, Feng, Wang, Lei, Zuo: Spatially Adaptive Self-Supervised Learning for "
    "Real-World Image Denoising, CVPR 2023"
)

REPORT = "Yu, Yu: Self-Supervised Image Denoising with Noise Correlation Priors, 2023"


SIDD = "sidd-medium"
"""What all networks of the paper's tables and of the report are trained on."""


def validation(
    source: str,
    psnr: float,
    ssim: float | None = None,
    protocol: str = "matlab-volume",
    origin: Origin = "paper",
) -> tuple[Published, ...]:
    """Values on the validation blocks of SIDD."""
    return psnr_and_ssim(
        "sidd-validation", source, psnr, ssim, protocol, trained_on=SIDD, origin=origin
    )


def _report(row: str, psnr: float, ssim: float) -> tuple[Published, ...]:
    """What the report on noise priors measured itself."""
    return validation(f"Table 1, {row}", psnr, ssim, "skimage", "report")


TIMED = "256x256, on a GPU that is not named"
"""Where times are from: the supplement says the size."""

_SWAPPED_LAN = "ssid[lan_target=noisy]"
_LAN_OF_NOISY = "ssid[lan_target=noisy,output=lan]"

NOISE_PRIORS = {
    "lgbpn": psnr_and_ssim(
        "sidd-benchmark",
        "Table 1, quoted",
        37.280,
        0.9360,
        "matlab-volume",
        trained_on=SIDD,
        origin="report",
    ),
    "lgbpn[local_network=ssid-bnn[features=128]]": _report("L-1", 33.546, 0.8446),
    "lgbpn[fusion=mean]": _report("L-2", 37.138, 0.8858),
    "lgbpn[local_body=transformer,transformer_blocks=3]": _report("L-3", 36.798, 0.8810),
    "lgbpn[branches=local]": _report("L-4", 36.038, 0.8629),
    "lgbpn[branches=global]": _report("L-5", 36.212, 0.8614),
    "ssid": validation("Table 1, quoted", 37.390, 0.9340, origin="report"),
    "ssid[bnn=lgbpn-local]": _report("S-1", 36.015, 0.8732),
    _LAN_OF_NOISY: _report("S-2", 25.320, 0.4047),
}

NOISE_PRIORS_NOTES = (
    "L-1 puts the BNN of SSID in the place of LG-BPN's local branch, L-2 averages the branches, "
    "L-3 gives both three transformer blocks, L-4 and L-5 keep one branch; S-1 puts the local "
    "branch of LG-BPN in the place of the BNN, which teaches as at test time, and in S-2 the LAN "
    "learns from the noisy image. Mistakes of the report's code are not repeated: its stage 3 "
    "weighs both terms by 1 - alpha, where the LAN's has alpha, and S-1 was probably trained so; "
    "its validation turns values into bytes without rounding or clipping, which costs half a "
    "level on average and wraps around below 0 and above 255; its defaults are 40,000 steps a "
    "stage for S-1 and S-2, where the text says 400,000. Originals are quoted with the SSIM of "
    "servers and MATLAB, the report's own rows have that of scikit-image, about 0.05 lower for "
    "the same images. What the report quotes for LG-BPN as on the validation blocks is its value "
    "on the SIDD benchmark, and stands there here. The 25.32 dB of S-2 are near the noisy image, "
    "and so most likely the LAN's, the row with output=lan; the last row is the denoiser that "
    "learns from it."
)

SUPERVISION = {
    "ssid[supervision=bnn]": validation("Table 2", 36.84),
    "ssid[supervision=lan]": validation("Table 2", 35.95),
    "ssid[supervision=both]": validation("Table 2", 37.30),
    "ssid": validation("Table 2", 37.39),
}


def _cost(
    metric: str, value: float, source: str = "Supplement, Table A", protocol: str | None = TIMED
) -> Published:
    """What a network costs, by the authors' own measurement."""
    return Published(
        dataset="sidd-validation",
        metric=metric,
        value=value,
        source=source,
        protocol=protocol,
        trained_on=SIDD,
    )


def _fused(psnr: float, milliseconds: float) -> tuple[Published, ...]:
    return (*validation("Table 3", psnr), _cost("latency", milliseconds, "Table 3"))


FUSION = {
    "ssid[output=bnn]": _fused(36.37, 16.7),
    "ssid[output=lan]": _fused(35.00, 5.9),
    "ssid[output=fusion]": _fused(36.84, 22.9),
    "ssid": (
        *_fused(37.39, 4.8),
        _cost("parameters", 1.08, protocol=None),
        _cost("flops", 35.0, protocol="256x256"),
    ),
}

COMPARISON = {
    "n2c[denoiser=dncnn]": (
        *reported(
            "Table 1 of SSID, DnCNN",
            (26.21, 0.604, 0.712),
            (26.25, 0.599),
            (32.43, 0.790),
            trained_on="synthetic pairs",
        ),
        *reported(
            "Table 1 of SSID, DnCNN",
            (37.73, 0.943, 0.245),
            (37.61, 0.941),
            (38.73, 0.945),
            trained_on="real pairs",
        ),
    ),
    "n2c[denoiser=ssid-unet]": reported(
        "Table 1, Baseline N2C",
        (38.98, 0.954, 0.201),
        (38.92, 0.953),
        (39.37, 0.954),
        trained_on="real pairs of SIDD",
        origin="paper",
    ),
    "n2c[denoiser=restormer]": reported(
        "Table 1 of SSID, Restormer",
        (39.93, 0.960, 0.198),
        (40.02, 0.960),
        (40.03, 0.956),
        trained_on="real pairs",
    ),
    "dbsn[distill=true]": reported(
        "Table 1 of SSID", dnd=(37.93, 0.937), trained_on="the noisy test images, and clean images"
    ),
    "n2v": reported(
        "Table 1 of SSID", (27.48, 0.664, 0.592), (27.68, 0.668), trained_on=NOT_STATED
    ),
    "apbsn": (
        *reported("Table 1 of SSID", (36.74, 0.934, 0.281), trained_on=SIDD),
        *reported("Table 1 of SSID", (), (36.91, 0.931), (38.09, 0.937), trained_on="itself"),
    ),
    "ssid": reported("Table 1", (37.39, 0.934, 0.176), trained_on=SIDD, origin="paper"),
}

BLIND_SIZES = (
    "ssid[bnn=ssid-bnn[size=1],output=bnn]",
    "ssid[bnn=ssid-bnn[size=3],output=bnn]",
    "ssid[bnn=ssid-bnn[size=5],output=bnn]",
    "ssid[bnn=ssid-bnn[size=7],output=bnn]",
    "ssid[bnn=ssid-bnn,output=bnn]",
    "ssid[bnn=ssid-bnn[size=11],output=bnn]",
    "ssid[bnn=ssid-bnn[size=1]]",
    "ssid[bnn=ssid-bnn[size=3]]",
    "ssid[bnn=ssid-bnn[size=5]]",
    "ssid[bnn=ssid-bnn[size=7]]",
    "ssid[bnn=ssid-bnn]",
    "ssid[bnn=ssid-bnn[size=11]]",
)
"""The network of size 9 is named, too: the budget quick has another."""

LOCAL_SIZES = (
    "ssid[lan=ssid-lan[size=1],output=lan]",
    "ssid[lan=ssid-lan[size=3],output=lan]",
    "ssid[lan=ssid-lan[size=5],output=lan]",
    "ssid[lan=ssid-lan[size=7],output=lan]",
    "ssid[lan=ssid-lan[size=1]]",
    "ssid[lan=ssid-lan[size=3]]",
    "ssid[lan=ssid-lan[size=5]]",
    "ssid[lan=ssid-lan[size=7]]",
)
"""The size of 3 is named, too: the budget quick has another."""

DRAWN = (
    "The figure draws its values without numbers; beside the defaults stand those of Table 3, of "
    "the same networks."
)

SERVERS = {
    "ssid[self_ensemble=true]": (
        *psnr_and_ssim("sidd-benchmark", "Table 1", 37.41, 0.934, "matlab-volume", trained_on=SIDD),
        *psnr_and_ssim("dnd", "Table 1", 38.18, 0.938, "dnd-server", trained_on=SIDD),
    ),
}

SUITES = (
    SuiteSpec(
        name="noise-priors",
        summary="LG-BPN and SSID with parts exchanged: Table 1 of the report on noise priors.",
        methods=(*NOISE_PRIORS, _SWAPPED_LAN),
        datasets=("sidd-validation",),
        published=NOISE_PRIORS,
        notes=NOISE_PRIORS_NOTES,
        paper=REPORT,
    ),
    SuiteSpec(
        name="ssid-comparison",
        summary="SSID and those of its competitors that are here: Table 1 of SSID.",
        methods=(*COMPARISON, *SERVERS),
        datasets=("sidd-validation", "sidd-benchmark", "dnd"),
        published=COMPARISON | SERVERS,
        notes=(
            "Other methods are as the table quotes or measures them; what they were trained on "
            "stands there as synthetic or real pairs, and no protocol of LPIPS. Of AP-BSN the "
            "authors' README says that 36.91 dB are of a network that was trained on the "
            "benchmark's noisy blocks. The paper's Noise2Void has another network, and so have "
            "those whose values others report."
        ),
        paper=PAPER,
    ),
    SuiteSpec(
        name="ssid-supervision",
        summary="What SSID's denoiser learns from: Table 2 of SSID.",
        methods=tuple(SUPERVISION),
        datasets=("sidd-validation",),
        published=SUPERVISION,
        notes="The paper does not say how both are weighed without alpha; here by 1/2 each.",
        paper=PAPER,
    ),
    SuiteSpec(
        name="ssid-fusion",
        summary="SSID's denoiser against its teachers and their fusion: Table 3 of SSID.",
        methods=tuple(FUSION),
        datasets=("sidd-validation",),
        published=FUSION,
        notes=(
            "Times are the paper's, whose supplement says 256x256 and names no GPU; parameters "
            "and FLOPs are the supplement's."
        ),
        paper=PAPER,
    ),
    SuiteSpec(
        name="ssid-blind-size",
        summary="Size of the blind neighbourhood, for BNN and denoiser: Figure 6(a) of SSID.",
        methods=BLIND_SIZES,
        datasets=("sidd-validation",),
        notes=DRAWN,
        paper=PAPER,
    ),
    SuiteSpec(
        name="ssid-local-size",
        summary="Size of the local neighbourhood, for LAN and denoiser: Figure 6(b) of SSID.",
        methods=LOCAL_SIZES,
        datasets=("sidd-validation",),
        notes=DRAWN,
        paper=PAPER,
    ),
    SuiteSpec(
        name="ssid-self-ensemble",
        summary="SSID without and with self-ensemble, which its values on servers have.",
        methods=("ssid", *SERVERS),
        datasets=("sidd-benchmark", "dnd"),
        published=SERVERS,
        notes="The paper does not mention the self-ensemble; the released scripts switch it on.",
        paper=PAPER,
    ),
)
"""All of them."""
