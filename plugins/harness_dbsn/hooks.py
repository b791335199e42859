"""Announces D-BSN."""

from dataclasses import replace

from harness import MethodSpec, Parameter, SuiteSpec, hookimpl
from harness_dbsn.suites import PAPER, SUITES
from harness_nets.parameters import CHANNELS, training

NOTES = (
    "Defaults are for photographs: sub-images of stride 4, a noise network per phase of the Bayer "
    "pattern, a guided filter at the end (Sec. 3.4, for which no code was released). For noise "
    "that is independent between pixels, such as synthetic noise, set stride=1, which leaves the "
    "other two out, and noise=awgn or mg where the noise is so. "
    "variant=release is the network and the losses of the released code, which differ from the "
    "paper: eight MDC modules for seven, a 5x5 convolution for two of 3x3, further 1x1 "
    "convolutions, noise networks that images share, the plain likelihood (Eq. 6) for the "
    "constrained one (Eq. 8). variant=paper is the paper's text; likelihood, noise_sets, "
    "noise_input and blocks can be set apart from it. The constrained likelihood is least where "
    "the estimate's own variance is zero, so that Bayes' step has less to give. The released "
    "clamp of the determinant at 1e-6, which stops the gradient where noise is below 25.5/255, is "
    "left out, and Bayes' step is exact, where Eq. 9 as printed is not for matrices. The last "
    "layers start near mid-grey and at standard deviations that a noisy photograph may have, and "
    "gradients are clipped: neither is in the release. distill=true trains a student on clean "
    "images of other scenes with noise of the learned model, and on noisy images with the first "
    "stage's answers, from scratch; the released script starts from a trained network, at a rate "
    "of 1e-7. The budget quick distils into unet, with a weight of 1: a narrow mwcnn learns too "
    "slowly. The paper's values for CC15 and DND belong to the student."
)


@hookimpl
def harness_register_methods() -> MethodSpec:
    """D-BSN, with or without distillation."""
    return MethodSpec(
        name="dbsn",
        target="harness_dbsn.method:DBSN",
        summary="D-BSN: dilated blind-spot network with noise model, Bayes' step and distillation.",
        trains=True,
        parameters=(
            replace(CHANNELS, choices=(1, 3), minimum=None),
            Parameter(
                name="variant",
                default="release",
                choices=("release", "paper"),
                help="network, noise networks and likelihood as released or as in the text",
            ),
            Parameter(name="width", default=96, minimum=1, help="channels of the network"),
            Parameter(
                name="blocks",
                value_type=int,
                minimum=1,
                help="MDC modules in each of the two branches; none: 8 as released, 7 in the paper",
            ),
            Parameter(
                name="blind_conv",
                default="masked",
                choices=("masked", "trimmed"),
                help="first of a branch; trimmed: rescaled by the taps that are in the image",
            ),
            Parameter(
                name="noise",
                default="hg",
                choices=("awgn", "hg", "mg"),
                help="levels per image, levels per pixel, or a matrix per image",
            ),
            Parameter(
                name="noise_sets",
                value_type=str,
                choices=("shared", "image"),
                help="one noise network, or one for each image; none: as the variant",
            ),
            Parameter(
                name="noise_input",
                value_type=str,
                choices=("noisy", "mean", "mean-detached"),
                help="of the noise networks; none: as the variant, mean for hg as released",
            ),
            Parameter(
                name="likelihood",
                value_type=str,
                choices=("plain", "constrained"),
                help="Eq. 6 or 8; none: constrained in the paper and for photographs, else plain",
            ),
            Parameter(
                name="bayes", default=True, help="answer with Bayes' rule, else with the mean"
            ),
            Parameter(
                name="gamma",
                default=1.0,
                minimum=1e-3,
                help="of Bayes' rule: noise variance times gamma for grey, over gamma for colour",
            ),
            Parameter(
                name="stride",
                default=4,
                minimum=1,
                help="of pixel-shuffle downsampling; 1 where noise is independent between pixels",
            ),
            Parameter(
                name="groups",
                default=True,
                help="a noise network per phase of the Bayer pattern; only with even strides",
            ),
            Parameter(
                name="guided_filter",
                default=True,
                help="filter what is put together from sub-images; nothing with stride=1",
            ),
            Parameter(
                name="filter_radius", default=1, minimum=1, help="of the guided filter in pixels"
            ),
            Parameter(
                name="filter_eps",
                default=0.01,
                minimum=1e-9,
                help="variance, on the scale [0, 1], below which the guided filter averages",
            ),
            *training(
                iterations=1_500_000,
                batch_size=8,
                crop=96,
                learning_rate=3e-4,
                iterations_help="of the first stages, before distillation",
                crop_help="side of the crops in pixels of the photograph, a multiple of stride",
                rate_help="of the warm-up",
            ),
            Parameter(
                name="likelihood_rate",
                value_type=float,
                minimum=0,
                help="learning rate of the likelihood over that of the warm-up; none: as published",
            ),
            Parameter(name="warmup", default=0.4, minimum=0, help="share of least squares"),
            Parameter(
                name="noise_warmup",
                default=0.2,
                minimum=0,
                help="share of the noise networks alone; only for colour",
            ),
            Parameter(
                name="schedule",
                default="steps",
                choices=("steps", "cosine"),
                help="of the learning rate: in steps of the variant, or cosine",
            ),
            Parameter(
                name="distill",
                default=False,
                views={True: "unpaired"},
                help="train a student with the noise model on clean images, and answer with it",
            ),
            Parameter(
                name="student", default="mwcnn", role="denoiser", help="network that is distilled"
            ),
            Parameter(
                name="distill_weight",
                default=0.1,
                minimum=0,
                help="lambda of Eq. 4, of the first stage's answers",
            ),
            Parameter(
                name="distill_jitter",
                default=0.0,
                minimum=0,
                help="noise levels vary by this share; 0.1 as released",
            ),
            Parameter(
                name="student_iterations", default=200_000, minimum=1, help="of distillation"
            ),
            Parameter(
                name="student_batch_size",
                default=16,
                minimum=1,
                help="noisy crops in a step of distillation, and as many clean ones",
            ),
            Parameter(
                name="student_crop", default=160, minimum=1, help="side of the crops in pixels"
            ),
            Parameter(
                name="student_learning_rate", default=1e-4, minimum=0, help="of distillation"
            ),
        ),
        quick={
            "width": 16,
            "blocks": 1,
            "stride": 3,
            "iterations": 2000,
            "likelihood_rate": 0.1,
            "warmup": 0.65,
            "noise_warmup": 0.1,
            "batch_size": 2,
            "crop": 96,
            "learning_rate": 3e-3,
            "schedule": "cosine",
            "student": "unet",
            "distill_weight": 1.0,
            "student_iterations": 600,
            "student_batch_size": 4,
            "student_crop": 96,
            "student_learning_rate": 3e-3,
        },
        notes=NOTES,
        paper=PAPER,
    )


@hookimpl
def harness_register_suites() -> tuple[SuiteSpec, ...]:
    """The paper's tables."""
    return SUITES
