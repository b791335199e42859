"""Announces D-BSN."""

from harness import MethodSpec, SuiteSpec, hookimpl
from harness_dbsn.suites import PAPER, SUITES
from harness_nets.tuning import TUNE

NOTES = (
    "Defaults are for photographs: sub-images of stride 4, a noise network per phase of the Bayer "
    "pattern, a guided filter at the end (Sec. 3.4, for which no code was released). For noise "
    "that is independent between pixels, such as synthetic noise, set stride=1, which leaves the "
    "other two out, and noise=awgn or mg where the noise is so. "
    "variant=release is the network and the losses of the released code, which differ from the "
    "paper: eight MDC modules for seven, a 5x5 convolution for two of 3x3, further 1x1 "
    "convolutions, noise networks that images share, the plain likelihood (Eq. 6) for the "
    "constrained one (Eq. 8). variant=paper is the paper's text; likelihood, noise_models, "
    "noise_input and blocks can be set apart from it. The constrained likelihood is least where "
    "the estimate's own variance is zero, so that Bayes' step has less to give. The released "
    "clamp of the determinant at 1e-6, which stops the gradient where noise is below 25.5/255, is "
    "left out, and Bayes' step is exact, where Eq. 9 as printed is not for matrices. The last "
    "layers start near mid-grey and at standard deviations that a noisy photograph may have, and "
    "gradients are clipped: neither is in the release. distill=true trains a student on clean "
    "images of other scenes with noise of the learned model, and on noisy images with the outputs "
    "of the first stage, from scratch; the released script starts from a trained network, at a "
    "rate of 1e-7. The budget quick distils into unet, with a weight of 1: a narrow mwcnn learns "
    "too slowly. The paper's values for CC15 and DND belong to the student."
)


@hookimpl
def harness_register_methods() -> MethodSpec:
    """D-BSN, with or without distillation."""
    return MethodSpec(
        name="dbsn",
        target="harness_dbsn.method:DBSN",
        summary="D-BSN: dilated blind-spot network with noise model, Bayes' step and distillation.",
        trains=True,
        quick={
            "width": 16,
            "blocks": 1,
            "stride": 3,
            "iterations": 1750,
            "likelihood_rate": 0.1,
            "warmup": 0.65,
            "noise_warmup": 0.1,
            "batch_size": 2,
            "crop": 72,
            "learning_rate": 4e-3,
            "schedule": "one-cycle",
            "student": "unet",
            "distill_weight": 1.0,
            "student_iterations": 600,
            "student_batch_size": 4,
            "student_crop": 96,
            "student_learning_rate": 3e-3,
        },
        quick_chosen_on=TUNE,
        notes=NOTES,
        paper=PAPER,
        assumes="zero mean, Gaussian given the signal; independent between pixels "
        "as far apart as stride",
        blind="lattice 6 stride {stride}",
        licence="authors' code: none stated; this one is written anew",
    )


@hookimpl
def harness_register_suites() -> tuple[SuiteSpec, ...]:
    """The paper's tables."""
    return SUITES
