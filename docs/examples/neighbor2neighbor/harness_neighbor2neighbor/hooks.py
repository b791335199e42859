"""Announces the method; imports nothing heavy, for every command imports it."""

from harness import MethodSpec, hookimpl


@hookimpl
def harness_register_methods() -> MethodSpec:
    """Announce the method."""
    return MethodSpec(
        name="neighbor2neighbor",
        target="harness_neighbor2neighbor.method:Neighbor2Neighbor",
        summary="Neighbor2Neighbor: any denoiser, trained to predict an image from its neighbours.",
        paper="Huang, Li, Jia, Lu, Liu: Neighbor2Neighbor - Self-Supervised Denoising from Single "
        "Noisy Images, CVPR 2021, arXiv 2101.02824",
        trains=True,
        quick={"iterations": 600, "batch_size": 2, "crop": 96, "learning_rate": 2e-3},
        assumes="noise of zero mean that is independent between pixels",
        notes="Written from memory of the paper, without a published source. A pair of places is "
        "drawn per cell and image, the same for all channels. The weight of the regulariser "
        "grows linearly to gamma within the budget, at every step and not at every epoch. "
        "iterations are 100 epochs of 44328 images in batches of 4, the paper's number of "
        "images as far as remembered. The paper's network is a U-Net like that of Noise2Noise; "
        "here it is any denoiser. Crops are flipped and rotated, of which the paper says "
        "nothing that is remembered. gamma is 2 for synthetic noise; for real raw images the "
        "paper takes 16. It claims no blindness: at test time the network sees the pixel that "
        "it denoises.",
    )
