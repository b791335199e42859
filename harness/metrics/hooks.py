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
            paper="Wang et al., Image quality assessment, IEEE TIP 13(4), 2004",
            label="SSIM",
            protocol="{protocol}",
            higher_is_better=True,
            decimals=4,
            tolerance=1e-4,
        ),
        MetricSpec(
            name="lpips",
            target="harness.metrics.lpips:lpips_distance",
            probe="harness.metrics.lpips:probe_trunk",
            summary="Learned perceptual image patch similarity, version 0.1.",
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
            notes="GPU: what PyTorch allocated, weights included. CPU: growth of the process.",
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
                "needs, such as a teacher, does not count. Where more, or others, are trained, a "
                "note below the table says how many."
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
            measures="method",
            label="FLOPs",
            protocol=_AT_SIZE,
            higher_is_better=False,
            unit="G",
            decimals=2,
            tolerance=0.0,
        ),
    )
