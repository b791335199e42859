"""Announces D-BSN."""

from harness import MethodSpec, Parameter, hookimpl


@hookimpl
def harness_register_methods() -> MethodSpec:
    """The first stage of D-BSN: a blind-spot network with a variance."""
    return MethodSpec(
        name="dbsn",
        target="harness_dbsn.method:DBSN",
        summary="D-BSN: dilated blind-spot network, least squares and then the likelihood.",
        trains=True,
        parameters=(
            Parameter(
                name="channels", default=3, choices=(1, 3), help="of the images; set from the data"
            ),
            Parameter(name="width", default=96, minimum=1, help="channels of the network"),
            Parameter(
                name="blocks", default=8, minimum=1, help="MDC modules in each of the two branches"
            ),
            Parameter(
                name="stride",
                default=4,
                minimum=1,
                help="of pixel-shuffle downsampling; 1 where noise is independent between pixels",
            ),
            Parameter(
                name="iterations", default=1_200_000, minimum=1, help="of both stages together"
            ),
            Parameter(
                name="warmup", default=0.5, minimum=0, help="share of the least-squares stage"
            ),
            Parameter(name="batch_size", default=8, minimum=1, help="crops in a step"),
            Parameter(
                name="crop",
                default=96,
                minimum=1,
                help="side of the crops in pixels of the photograph, a multiple of stride",
            ),
            Parameter(
                name="learning_rate",
                default=3e-4,
                minimum=0,
                help="at the start of the warm-up; the likelihood starts at a tenth",
            ),
            Parameter(
                name="schedule",
                default="steps",
                choices=("steps", "cosine"),
                help="of the learning rate: in steps of a tenth as released, or cosine",
            ),
        ),
        quick={
            "width": 16,
            "blocks": 1,
            "stride": 3,
            "iterations": 2000,
            "warmup": 0.75,
            "batch_size": 2,
            "crop": 96,
            "learning_rate": 3e-3,
            "schedule": "cosine",
        },
        notes=(
            "The network is that of the released code, which has eight MDC modules where the paper "
            "has seven, one 5x5 convolution where the paper has two of 3x3, and further 1x1 "
            "convolutions; released weights fit. The loss is the plain likelihood, Eq. 6, which "
            "the released trainers use, not Eq. 8; without their clamp of the determinant, which "
            "stops the gradient where noise is below 25.5/255. The variance head gives the total "
            "variance per pixel and channel, a diagonal covariance; noise networks, the Bayes step "
            "and distillation are missing, so the result is the mean alone. The last "
            "layers start near mid-grey and at a standard deviation of 0.1, and gradients are "
            "clipped: neither is in the release. The likelihood starts at a tenth of the learning "
            "rate, as the released scripts do for colour, not for grey. "
            "Pixel-shuffle downsampling by 4 for photographs stands in Sec. 3.4 and has no "
            "released code; batch and crop count pixels of the photograph here. Iterations are "
            "100 epochs of warm-up and 100 of the likelihood, as in the released scripts, of "
            "48,000 crops in batches of 8; the paper speaks of 180 epochs. The paper's values for "
            "CC15 and DND belong to the distilled network, so none is printed beside."
        ),
        paper=(
            "Wu, Liu, Cao, Ren, Zuo: Unpaired Learning of Deep Image Denoising, ECCV 2020, "
            "arXiv 2008.13711"
        ),
    )
