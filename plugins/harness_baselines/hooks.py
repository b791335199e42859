"""Announces the two baselines that any denoiser can be trained by, and a model of one."""

from harness import MethodSpec, ModelSpec, hookimpl
from harness_nets.tuning import TEST

N2C_NOTES = (
    "Supervised: training sees the clean image of every noisy one. The upper bound, for a given "
    "network, of what methods can reach that learn from noisy images alone; set denoiser to the "
    "network of the method beside it. The recipe is no paper's: 400,000 steps of Adam with a "
    "cosine, as is usual for such networks. Pretrained weights of a network's authors can be "
    "loaded."
)

N2V_NOTES = (
    "The floor of self-supervision: the noise must be independent between pixels, which that of "
    "photographs is not; stride sets pixel-shuffle downsampling in training and at test time. "
    "One pixel is hidden in every box of 1 / masked_share pixels, in all channels at once, for "
    "noise correlates between channels; it takes the value of any other pixel in a window around "
    "it. The authors' code draws from the window with the pixel itself, so that some stay; and a "
    "pixel whose replacement is hidden, too, stays visible here, and does not count. "
    "Share, window, batch, crop, rate and steps are those of the authors' example for BSD68; there "
    "the network is a U-Net with batch normalisation, images are normalised by their mean and "
    "deviation, and the rate halves when validation stalls; here it falls along a cosine, and "
    "there is no validation."
)

TRAINING = (
    "harness run --methods 'n2c[denoiser=unet[width=32,levels=4,tail=32,init=kaiming],crop=128,"
    "batch_size=32,learning_rate=0.001]' --train 'cameras[images=800]' --datasets "
    "'cameras[images=800]' --budget 300s --precision tf32"
)


@hookimpl
def harness_register_models() -> ModelSpec:
    """A model for photographs of any camera."""
    return ModelSpec(
        name="n2c-cameras",
        target="harness_baselines.models:n2c_cameras",
        summary="A U-Net for photographs, trained on many simulated cameras.",
        notes=(
            "Supervised: it learned from noisy and clean images, the photographs that come with "
            "scikit-image through simulated cameras. 389,827 weights, 31,310 steps, five minutes "
            "on an NVIDIA H200. It is the only model of this configuration; but the ranges of the "
            "dataset cameras were chosen after looking at SIDD's noise, and widened once after a "
            "smaller model had been scored on SIDD blocks, CC15 and PolyU."
        ),
        default=True,
        training=TRAINING,
    )


@hookimpl
def harness_register_methods() -> tuple[MethodSpec, ...]:
    """Supervised training, and Noise2Void."""
    return (
        MethodSpec(
            name="n2c",
            target="harness_baselines.n2c:NoiseToClean",
            summary="Noise to clean: any denoiser, trained on pairs; the upper bound.",
            trains=True,
            view="pairs",
            quick={
                "iterations": 1000,
                "batch_size": 4,
                "crop": 64,
                "learning_rate": 3e-3,
            },
            quick_chosen_on=TEST,
            notes=N2C_NOTES,
            assumes="nothing but that it is as in the training pairs",
        ),
        MethodSpec(
            name="n2v",
            target="harness_baselines.n2v:Noise2Void",
            summary="Noise2Void: any denoiser, trained to predict pixels that are replaced.",
            trains=True,
            quick={
                "masked_share": 0.04,
                "iterations": 1000,
                "batch_size": 2,
                "crop": 96,
                "learning_rate": 3e-3,
            },
            quick_chosen_on=TEST,
            notes=N2V_NOTES,
            assumes="zero mean; independent between pixels",
            blind="1x1 stride {stride}",
            paper=(
                "Krull, Buchholz, Jug: Noise2Void - Learning Denoising from Single Noisy Images, "
                "CVPR 2019, arXiv 1811.10980"
            ),
        ),
    )
