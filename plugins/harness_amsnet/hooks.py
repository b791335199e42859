"""Announces AMSNet and its tables."""

from harness import MethodSpec, SuiteSpec, hookimpl
from harness_amsnet.suites import COSTS, PAPER, SUITES, TABLE_1, TABLE_2
from harness_nets.tuning import TUNE

NOTES = (
    "variant=p-e is the paper's headline; the released weights do not say whether they were "
    "fine-tuned (P), and are used as they are in any variant. -e is refinement (E). "
    "Training, as released in 2024 with the paper: AdamW without weight decay, 1e-4 throughout, "
    "100 epochs of 10,000 crops in batches of 8, crops of 160x160, flips without rotations. (In "
    "2025: cosine on paper, batches of 2 to 4, 625,000 steps, and 12,500,000 for Restormer.) "
    "Fine-tuning is described in the paper and was never released. Here it uses all masks and the "
    "training stride, means in place of sums in both terms of Eq. 10, lambda (smoothness) 0.01 as "
    "in Eq. 10, isotropic total variation as in Eq. 9 with differences of zero beyond the border, "
    "a tenth of the training's rate and a tenth of its steps. "
    "Masks are drawn per pixel and shared by channels as in the code, where the paper has c x h x "
    "w; the loss is the mean over what is hidden, where the paper has a sum. "
    "mask_ratio is the share of mask 0, the only one in training; the other masks hide the rest in "
    "equal parts, so that every pixel is hidden once. Without it each mask hides 1/masks, in "
    "training as at test time. A pixel costs masks passes in the first estimate, and masks x "
    "r3_times in refinement: 18 in all. "
    "What is drawn at test time comes from mask_seed, in the order of the released code, which "
    "draws unseeded; the same for every image of a size, whatever its batch. Tiles draw their own. "
    "Published values are not read from the paper, whose tables were not at hand as text, but from "
    "what others report of them: two readers' notes, which agree, and the comparison table of "
    "AM-CFD for the SSIM on PolyU and the costs, whose FLOPs are multiply-adds of 16 of the 18 "
    "passes. None says what the networks for the benchmark, DND and PolyU "
    "are trained on; that is left open, and no value of them stands beside a measured one. "
    "Published: on the SIDD benchmark 37.87 dB; a later paper submitted it to the new server and "
    "had 38.36 dB, 0.888. The SSIM of the DND server follows no protocol that is computed here."
)


@hookimpl
def harness_register_methods() -> MethodSpec:
    """AMSNet."""
    return MethodSpec(
        name="amsnet",
        target="harness_amsnet.method:AMSNet",
        summary="AMSNet: any denoiser, trained by hiding pixels under a mask, tested by several.",
        trains=True,
        quick={
            "denoiser": "unet",
            "train_stride": 3,
            "iterations": 1400,
            "batch_size": 4,
            "crop": 96,
            "learning_rate": 4e-3,
            "schedule": "one-cycle",
            "fine_tune_iterations": 70,
            "fine_tune_learning_rate": 3e-4,
        },
        quick_chosen_on=TUNE,
        published=(*TABLE_1, *TABLE_2, *COSTS),
        notes=NOTES,
        paper=PAPER,
        assumes="zero mean; independent between pixels as far apart as train_stride",
        blind="1x1 stride {train_stride}",
        licence="authors' code: MIT; this one is written anew",
    )


@hookimpl
def harness_register_suites() -> tuple[SuiteSpec, ...]:
    """The paper's tables and figures."""
    return SUITES
