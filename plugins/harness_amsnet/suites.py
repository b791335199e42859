"""The tables of the AMSNet paper, as suites."""

from functools import partial

from harness import SuiteSpec
from harness_nets.published import psnr_and_ssim

PAPER = (
    "Liao, Zheng, Zhong, Zhang, Ren: Asymmetric Mask Scheme for Self-Supervised Real Image "
    "Denoising, ECCV 2024, arXiv 2407.06514"
)

SIDD = "sidd-medium"
"""What its networks for SIDD's validation blocks are trained on."""

quoted = partial(psnr_and_ssim, origin="report")
"""States values as others report them of the paper, see the notes of the method."""

_validation = partial(quoted, "sidd-validation", trained_on=SIDD)

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

SUITES = (
    SuiteSpec(
        name="amsnet-denoisers",
        summary="AMSNet with five denoisers: Table 4 of AMSNet.",
        methods=tuple(DENOISERS),
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
