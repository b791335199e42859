"""The tables of the AMSNet paper, as suites."""

from functools import partial

from harness import Published, SuiteSpec
from harness_nets.published import NOT_STATED, psnr_and_ssim, reported

PAPER = (
    "Liao, Zheng, Zhong, Zhang, Ren: Asymmetric Mask Scheme for Self-Supervised Real Image "
    "Denoising, ECCV 2024, arXiv 2407.06514"
)

SIDD = "sidd-medium"
"""What its networks for SIDD's validation blocks are trained on."""

NOTES = "in two readers' notes"
"""Where values of the paper were found, whose tables are not in the text that was at hand."""

AM_CFD = "in the comparison of AM-CFD"
"""Of a later paper, for what the notes have not."""

quoted = partial(psnr_and_ssim, origin="report")
"""States values as others report them of the paper, see the notes of the method."""


def _validation(source: str, psnr: float) -> tuple[Published, ...]:
    return quoted("sidd-validation", f"{source}, {NOTES}", psnr, trained_on=SIDD)


DENOISERS = {
    "amsnet": _validation("Table 4", 37.93),
    "amsnet[denoiser=deamnet]": _validation("Table 4", 37.80),
    "amsnet[denoiser=nafnet-baseline]": _validation("Table 4", 37.10),
    "amsnet[denoiser=unet]": _validation("Table 4", 36.94),
    "amsnet[denoiser=dncnn]": _validation("Table 4", 36.93),
}

IDENTITY_MAPPING = {
    "apbsn[dilated=false]": _validation("Table 3, AP-BSN with D_AS", 20.91),
    "amsnet[denoiser=apbsn[dilated=false]]": _validation("Table 3, AMSNet with D_AS", 37.11),
}


def _competitor(*values: tuple[float, float]) -> tuple[Published, ...]:
    return reported(
        f"Table 1 of AMSNet, {NOTES}",
        *values,
        trained_on=NOT_STATED,
        validation_protocol="wang",
    )


def _cost(metric: str, value: float, protocol: str | None) -> Published:
    return Published(
        dataset="sidd-validation",
        metric=metric,
        value=value,
        source=AM_CFD.removeprefix("in the "),
        protocol=protocol,
        trained_on=SIDD,
        origin="report",
    )


TABLE_1 = (
    *quoted("sidd-validation", f"Table 1, {NOTES}", 37.93, 0.895, "wang", trained_on=SIDD),
    *quoted(
        "sidd-benchmark", f"Table 1, {NOTES}", 37.87, 0.941, "matlab-volume", trained_on=NOT_STATED
    ),
    *quoted("dnd", f"Table 1, {NOTES}", 38.70, 0.947, "dnd-server", trained_on=NOT_STATED),
)

TABLE_2 = (
    *quoted("polyu", f"Table 2, {NOTES}", 37.92, trained_on=NOT_STATED),
    Published(
        dataset="polyu",
        metric="ssim",
        value=0.9645,
        source=f"Table 2, {AM_CFD}",
        protocol="wang",
        trained_on=NOT_STATED,
        origin="report",
    ),
)

COSTS = (
    _cost("parameters", 26.1, None),
    _cost("flops", 2262, "256x256, multiply-adds of the refinement alone"),
    _cost("latency", 1220, "256x256, on an RTX 3090"),
)

COMPARISON = {
    "apbsn": _competitor((36.74, 0.850), (36.91, 0.931), (38.09, 0.937)),
    "lgbpn": _competitor((37.31, 0.886), (37.28, 0.936), (38.43, 0.942)),
    "ssid": _competitor((37.39, 0.883), (37.41, 0.934), (38.18, 0.939)),
    "amsnet": TABLE_1,
}

SUITES = (
    SuiteSpec(
        name="amsnet-comparison",
        summary="AMSNet and those of its competitors that are here: Table 1 of AMSNet.",
        methods=tuple(COMPARISON),
        datasets=("sidd-validation", "sidd-benchmark", "dnd"),
        published=COMPARISON,
        notes=(
            "The table is known from two readers' notes, which agree. AP-BSN and LG-BPN are with "
            "refinement, SSID is what it calls BNN-LAN."
        ),
        paper=PAPER,
    ),
    SuiteSpec(
        name="amsnet-denoisers",
        summary="AMSNet with five denoisers: Table 4 of AMSNet.",
        methods=("amsnet[denoiser=restormer]", *list(DENOISERS)[1:]),
        datasets=("sidd-validation",),
        published=DENOISERS,
        notes=(
            "What the paper and its code call NAFNet is the baseline network of NAFNet's paper, "
            "nafnet-baseline. The released weights of it are named by 36.94 dB, where the table "
            "has 37.10 dB. The depth of the DnCNN is not stated; here 17 layers."
        ),
        paper=PAPER,
    ),
    SuiteSpec(
        name="amsnet-identity-mapping",
        summary="AP-BSN's network blind or not, by blind spots or masks: Table 3 of AMSNet.",
        methods=(
            "apbsn",
            "apbsn[dilated=false]",
            "amsnet[denoiser=apbsn]",
            "amsnet[denoiser=apbsn[dilated=false]]",
        ),
        datasets=("sidd-validation",),
        published=IDENTITY_MAPPING,
        notes=(
            "Without dilation, what the masked convolution hides comes back from the pixels around "
            "it: a network that is trained as a blind one learns the noise, one that is trained by "
            "masks cannot. All rows with refinement."
        ),
        paper=PAPER,
    ),
    SuiteSpec(
        name="amsnet-mask-ratio",
        summary="How many pixels a mask hides: Figure 10 of AMSNet.",
        methods=(
            "amsnet[masks=8]",
            "amsnet[masks=4]",
            "amsnet[masks=3]",
            "amsnet",
            "amsnet[mask_ratio=0.7]",
            "amsnet[mask_ratio=0.9]",
        ),
        notes=(
            "Up to a half, k masks of 1/k, so that the same shares are hidden in training and at "
            "test time; above, two masks, the second of which hides the rest. The figure has its "
            "values without numbers, best near a half, and does not say how masks of more than "
            "that were tested."
        ),
        paper=PAPER,
    ),
    SuiteSpec(
        name="amsnet-lambda",
        summary="Weight of the prior of smoothness in fine-tuning: Figures 9 and 11 of AMSNet.",
        methods=(
            "amsnet[variant=b-e]",
            "amsnet[smoothness=0]",
            "amsnet[smoothness=0.001]",
            "amsnet",
            "amsnet[smoothness=0.1]",
            "amsnet[smoothness=1]",
        ),
        notes=(
            "The first row is not fine-tuned, the second is without the prior. The figures have "
            "their values without numbers; the text says that fine-tuning gains some 0.1 dB, that "
            "0.01 was set by experience (Eq. 10), and that 0.1 is a good choice (Fig. 11)."
        ),
        paper=PAPER,
    ),
)
"""All of them."""
