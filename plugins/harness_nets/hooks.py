"""Announces networks that several papers use as their denoiser."""

from collections.abc import Mapping

from harness import NetworkSpec, Value, hookimpl

RESTORMER = (
    "Zamir, Arora, Khan, Hayat, Khan, Yang: Restormer: Efficient Transformer for High-Resolution "
    "Image Restoration, CVPR 2022, arXiv 2111.09881"
)

NAFNET = (
    "Chen, Chu, Zhang, Sun: Simple Baselines for Image Restoration, ECCV 2022, arXiv 2204.04676"
)

DEAMNET = (
    "Ren, He, Wang, Zhao: Adaptive Consistency Prior based Deep Network for Image Denoising, "
    "CVPR 2021"
)

DNCNN = (
    "Zhang, Zuo, Chen, Meng, Zhang: Beyond a Gaussian Denoiser: Residual Learning of Deep CNN for "
    "Image Denoising, TIP 2017, arXiv 1608.03981"
)

UNET = (
    "Liao, Zheng, Zhong, Zhang, Ren: Asymmetric Mask Scheme for Self-Supervised Real Image "
    "Denoising, ECCV 2024, arXiv 2407.06514"
)

MWCNN = (
    "Liu, Zhang, Zhang, Lin, Zuo: Multi-level Wavelet-CNN for Image Restoration, CVPRW 2018, "
    "arXiv 1805.07071; as shipped with D-BSN, arXiv 2008.13711"
)

WHOLE_IMAGE = "It takes averages over the whole image, so images are not cut into tiles."

NAFNET_QUICK: Mapping[str, Value] = {
    "width": 12,
    "encoder": (1, 1),
    "middle": 1,
    "decoder": (1, 1),
}


@hookimpl
def harness_register_networks() -> tuple[NetworkSpec, ...]:
    """Networks from images to images, by the names that methods take as ``denoiser``."""
    return (
        _denoiser(
            "restormer",
            "restormer:Restormer",
            "Restormer: a U-Net of transformer blocks with attention between channels.",
            quick={"width": 8, "blocks": (0, 1, 1, 1), "refinement": 0},
            notes=(
                "As released for denoising photographs: no bias, and the normalisation that keeps "
                f"the mean. {WHOLE_IMAGE}"
            ),
            paper=RESTORMER,
        ),
        _denoiser(
            "nafnet",
            "nafnet:NAFNet",
            "NAFNet: a U-Net without activation functions.",
            quick=NAFNET_QUICK,
            notes=WHOLE_IMAGE,
            paper=NAFNET,
        ),
        _denoiser(
            "nafnet-baseline",
            "nafnet:NAFNetBaseline",
            "The baseline of NAFNet's paper: a U-Net with GELU and squeeze-excitation.",
            quick=NAFNET_QUICK,
            notes=f"What AMSNet calls NAFNet. {WHOLE_IMAGE}",
            paper=NAFNET,
        ),
        _denoiser(
            "deamnet",
            "deamnet:DeamNet",
            "DeamNet: an unrolled prior with element-wise attention between scales.",
            quick={"width": 8},
            notes="The released weights that nothing uses are loaded, and are not counted.",
            paper=DEAMNET,
        ),
        _denoiser(
            "dncnn",
            "dncnn:DnCNN",
            "DnCNN: plain convolutions that estimate the noise.",
            quick={"width": 16, "layers": 7},
            paper=DNCNN,
        ),
        _denoiser(
            "unet",
            "unet:UNet",
            "The U-Net of AMSNet: that of Noise2Noise with transposed convolutions.",
            quick={"width": 12, "levels": 3, "tail": 12, "init": "kaiming"},
            paper=UNET,
        ),
        _denoiser(
            "mwcnn",
            "mwcnn:MWCNN",
            "MWCNN: a U-Net that pools by the Haar wavelet.",
            quick={"width": 16, "deep_width": 24},
            notes=(
                "As shipped with D-BSN: without batch normalisation, images in [0, 1]. Weights of "
                "the original and of MWCNNv2 do not fit."
            ),
            paper=MWCNN,
        ),
    )


def _denoiser(
    name: str,
    target: str,
    summary: str,
    *,
    quick: Mapping[str, Value],
    notes: str = "",
    paper: str,
) -> NetworkSpec:
    return NetworkSpec(
        name=name,
        target=f"harness_nets.{target}",
        summary=summary,
        roles=("denoiser",),
        quick=quick,
        notes=notes,
        paper=paper,
    )
