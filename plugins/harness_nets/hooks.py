"""Announces networks that several papers use as their denoiser."""

from collections.abc import Mapping

from harness import NetworkSpec, Parameter, Value, hookimpl
from harness_nets.parameters import CHANNELS

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


def _width(default: int, of: str, minimum: int = 1) -> Parameter:
    return Parameter(name="width", default=default, minimum=minimum, help=f"channels {of}")


def _blocks(name: str, default: tuple[int, ...], of: str) -> Parameter:
    return Parameter(name=name, default=default, minimum=0, many=True, help=f"blocks {of}")


RESTORMER_PARAMETERS = (
    CHANNELS,
    _width(48, "at the first level; even", minimum=2),
    _blocks("blocks", (4, 6, 6, 8), "at each of the four levels"),
    Parameter(name="refinement", default=4, minimum=0, help="further blocks at full resolution"),
    Parameter(
        name="heads",
        default=(1, 2, 4, 8),
        minimum=1,
        many=True,
        help="of the attention at each of the four levels",
    ),
)

NAFNET_PARAMETERS = (
    CHANNELS,
    _width(32, "at full resolution", minimum=2),
    _blocks("encoder", (2, 2, 4, 8), "at each level, from full resolution down"),
    Parameter(name="middle", default=12, minimum=0, help="blocks at the lowest resolution"),
    _blocks("decoder", (2, 2, 2, 2), "at each level, as many levels as in the encoder"),
)

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
            RESTORMER_PARAMETERS,
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
            NAFNET_PARAMETERS,
            quick=NAFNET_QUICK,
            notes=WHOLE_IMAGE,
            paper=NAFNET,
        ),
        _denoiser(
            "nafnet-baseline",
            "nafnet:NAFNetBaseline",
            "The baseline of NAFNet's paper: a U-Net with GELU and squeeze-excitation.",
            NAFNET_PARAMETERS,
            quick=NAFNET_QUICK,
            notes=f"What AMSNet calls NAFNet. {WHOLE_IMAGE}",
            paper=NAFNET,
        ),
        _denoiser(
            "deamnet",
            "deamnet:DeamNet",
            "DeamNet: an unrolled prior with element-wise attention between scales.",
            (CHANNELS, _width(64, "of the network")),
            quick={"width": 8},
            notes="The released weights that nothing uses are loaded, and are not counted.",
            paper=DEAMNET,
        ),
        _denoiser(
            "dncnn",
            "dncnn:DnCNN",
            "DnCNN: plain convolutions that estimate the noise.",
            (
                CHANNELS,
                _width(64, "of the network"),
                Parameter(name="layers", default=17, minimum=2, help="convolutions"),
                Parameter(name="batch_norm", default=True, help="between convolutions and ReLU"),
            ),
            quick={"width": 16, "layers": 7},
            paper=DNCNN,
        ),
        _denoiser(
            "unet",
            "unet:UNet",
            "The U-Net of AMSNet: that of Noise2Noise with transposed convolutions.",
            (
                CHANNELS,
                _width(128, "of the encoder; the decoder has twice that"),
                Parameter(name="levels", default=5, minimum=1, help="poolings"),
                Parameter(
                    name="tail", default=96, minimum=1, help="channels of the decoder at full size"
                ),
                Parameter(
                    name="start",
                    default="released",
                    choices=("released", "kaiming"),
                    help="of the weights: a tenth of Kaiming's as released, or all of them: narrow "
                    "networks learn sooner",
                ),
            ),
            quick={"width": 12, "levels": 3, "tail": 12, "start": "kaiming"},
            paper=UNET,
        ),
        _denoiser(
            "mwcnn",
            "mwcnn:MWCNN",
            "MWCNN: a U-Net that pools by the Haar wavelet.",
            (
                CHANNELS,
                _width(160, "of the first level"),
                Parameter(
                    name="deep_width",
                    default=256,
                    minimum=1,
                    help="channels of the second and third level",
                ),
            ),
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
    parameters: tuple[Parameter, ...],
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
        parameters=parameters,
        quick=quick,
        notes=notes,
        paper=paper,
    )
