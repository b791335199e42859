"""Announces the metrics that come with the harness."""

from harness import MetricSpec, hookimpl

_AT_SIZE = "{size}x{size}"


@hookimpl
def harness_register_metrics() -> tuple[MetricSpec, ...]:
    """PSNR, SSIM and LPIPS of the images; time, memory and size of the method."""
    return (*_image_metrics(), *_method_metrics())


def _image_metrics() -> tuple[MetricSpec, ...]:
    return (
        MetricSpec(
            name="psnr",
            target="harness.metrics.psnr:psnr",
            summary="Peak signal-to-noise ratio of what a user would save (8 bit).",
            notes=(
                "8bit: both images are clipped to [0, 1] and rounded to 8 bit, one mean squared "
                "error over height, width and channels of an image, then the mean over images, "
                "in dB."
            ),
            label="PSNR",
            protocol="8bit",
            higher_is_better=True,
            unit="dB",
            decimals=2,
            tolerance=0.01,
        ),
        MetricSpec(
            name="psnr-float",
            target="harness.metrics.psnr:psnr",
            summary="Peak signal-to-noise ratio, clipped but not rounded.",
            notes=("float: as psnr, but the images are clipped to [0, 1] only. Some papers do so."),
            label="PSNR",
            protocol="float",
            higher_is_better=True,
            unit="dB",
            decimals=2,
            tolerance=0.01,
            rounding="none",
        ),
        MetricSpec(
            name="ssim",
            target="harness.metrics.ssim:ssim",
            summary="Structural similarity, by a named convention.",
            notes=(
                "skimage: a uniform 7x7 window, as scikit-image has it. wang: a Gaussian 11x11 "
                "window as in the paper, within the image. matlab-volume: a Gaussian 11x11x11 "
                "window across the channels too, which reads higher. Images are rounded to 8 "
                "bit. Numbers of two protocols do not compare."
            ),
            paper="Wang et al., Image quality assessment, IEEE TIP 13(4), 2004",
            label="SSIM",
            protocol="{protocol}",
            higher_is_better=True,
            decimals=4,
            tolerance=1e-4,
        ),
        MetricSpec(
            name="colour",
            target="harness.metrics.colour:colour_slope",
            summary="How much of the colour is left: 1 where it is kept, 0 where all is grey.",
            notes=(
                "The least-squares slope of the differences between channels, of the denoised "
                "image on the clean one. Above 1 colours are exaggerated; none of the methods "
                "here does that, so higher is better. A grey clean image has none."
            ),
            label="Colour",
            protocol="slope",
            higher_is_better=True,
            decimals=3,
            tolerance=0.01,
        ),
        MetricSpec(
            name="upsnr",
            target="harness.metrics.upsnr:upsnr",
            summary="PSNR without ground truth, from further noisy shots of the same content.",
            notes=(
                "independent shots: their noise has zero mean and is independent from shot to "
                "shot, and nothing moves between them. Needs two further shots of every image, "
                "which the method has not seen, from a dataset that has bursts. Noise that is "
                "clipped at black has a mean of its own, which is taken for part of the image."
            ),
            paper="Marcos Morales et al., Evaluating Unsupervised Denoising Requires "
            "Unsupervised Metrics, ICML 2023",
            compares="shots",
            label="uPSNR",
            protocol="independent shots",
            higher_is_better=True,
            unit="dB",
            decimals=2,
            tolerance=0.01,
        ),
        MetricSpec(
            name="lpips",
            target="harness.metrics.lpips:lpips_distance",
            probe="harness.metrics.lpips:probe_trunk",
            summary="Learned perceptual image patch similarity, version 0.1.",
            notes=(
                "v0.1 and the trunk: the distance of the lpips package, version 0.1 with its "
                "learned heads, between features of AlexNet (alex), VGG-16 (vgg) or SqueezeNet "
                "(squeeze), of whole images rounded to 8 bit. Numbers of two trunks do not "
                "compare."
            ),
            paper="Zhang et al., The Unreasonable Effectiveness of Deep Features, CVPR 2018",
            label="LPIPS",
            protocol="v0.1 {net}",
            higher_is_better=False,
            decimals=4,
            tolerance=1e-4,
        ),
    )


def _method_metrics() -> tuple[MetricSpec, ...]:
    return (
        MetricSpec(
            name="latency",
            target="harness.metrics.cost:latency",
            summary="Time to denoise one image.",
            notes=(
                "256x256: the side of the image, the first of the test set, cropped or extended "
                "to it. The median of up to 20 repeats after a warm-up, a batch of one, on the "
                "machine and with the threads of the run."
            ),
            measures="method",
            label="Time",
            protocol=_AT_SIZE,
            higher_is_better=False,
            unit="ms",
            decimals=1,
            tolerance=0.1,
            depends_on_machine=True,
        ),
        MetricSpec(
            name="throughput",
            target="harness.metrics.cost:throughput",
            summary="Pixels denoised per second, one image at a time.",
            notes="256x256: the side of the image that is timed, see latency.",
            measures="method",
            label="Throughput",
            protocol=_AT_SIZE,
            higher_is_better=True,
            unit="Mpx/s",
            decimals=2,
            tolerance=0.1,
            depends_on_machine=True,
        ),
        MetricSpec(
            name="memory",
            target="harness.metrics.cost:memory",
            summary="Peak memory of denoising one image.",
            notes=(
                "256x256: the side of the image. GPU: what PyTorch allocated, weights included. "
                "CPU: growth of the process."
            ),
            measures="method",
            label="Memory",
            protocol=_AT_SIZE,
            higher_is_better=False,
            unit="MiB",
            decimals=1,
            tolerance=0.1,
            depends_on_machine=True,
        ),
        MetricSpec(
            name="parameters",
            target="harness.metrics.cost:parameters",
            summary="Parameters that take part at test time, in millions.",
            notes=(
                "The network that is timed and whose operations are counted: what only training "
                "needs, such as a teacher, does not count. Where more, or others, are trained, "
                "a note below the table says how many."
            ),
            measures="method",
            label="Params",
            protocol="",
            protocol_version=2,
            higher_is_better=False,
            unit="M",
            decimals=3,
            tolerance=0.0,
        ),
        MetricSpec(
            name="flops",
            target="harness.metrics.cost:flops",
            summary="Floating-point operations to denoise one image, a multiply-add as 2.",
            notes=(
                "256x256: the side of the image. PyTorch's convolutions, matrix products and "
                "attention are counted, and nothing else."
            ),
            measures="method",
            label="FLOPs",
            protocol=_AT_SIZE,
            higher_is_better=False,
            unit="G",
            decimals=2,
            tolerance=0.0,
        ),
    )
