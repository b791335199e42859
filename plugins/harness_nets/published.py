"""Values that papers print, as specs state them; no network is needed for it."""

from functools import partial

from harness import Origin, Published


def psnr_and_ssim(
    dataset: str,
    source: str,
    psnr: float,
    ssim: float | None = None,
    protocol: str | None = None,
    *,
    psnr_metric: str = "psnr",
    trained_on: str = "",
    origin: Origin = "paper",
) -> tuple[Published, ...]:
    """State the PSNR that a paper prints for a dataset, and the SSIM where it prints one.

    Args:
        dataset: selector of the dataset, see :class:`harness.Published`.
        source: where both stand, such as ``"Table 1"``.
        psnr: value in dB.
        ssim: value from -1 to 1; None: the paper prints none.
        protocol: protocol of the SSIM; None: the metric's own default.
        psnr_metric: name of the metric that the PSNR belongs to: ``psnr-float`` where nothing is
            rounded.
        trained_on: training data, see :class:`harness.Published`.
        origin: who states the values, see there.
    """
    stated = partial(
        Published, dataset=dataset, source=source, trained_on=trained_on, origin=origin
    )
    of_psnr = stated(metric=psnr_metric, value=psnr)
    if ssim is None:
        return (of_psnr,)
    return (of_psnr, stated(metric="ssim", value=ssim, protocol=protocol))


NOT_STATED = "not stated"
"""What a value says of its protocol or training data where the paper does not."""


def reported(
    source: str,
    sidd_validation: tuple[float, ...] = (),
    sidd_benchmark: tuple[float, ...] = (),
    dnd: tuple[float, ...] = (),
    *,
    trained_on: str,
    trained_on_for_dnd: str | None = None,
    validation_protocol: str = "matlab-volume",
    origin: Origin = "report",
) -> tuple[Published, ...]:
    """State what a paper's comparison prints of a method on SIDD and DND.

    Args:
        source: where it stands, such as ``"Table 1 of SSID"``.
        sidd_validation: PSNR in dB, SSIM and, where it is printed, LPIPS; nothing: not printed.
        sidd_benchmark: PSNR and SSIM of the server.
        dnd: PSNR and SSIM of the server.
        trained_on: training data, see :class:`harness.Published`.
        trained_on_for_dnd: the same for DND; None: as for SIDD.
        validation_protocol: of the SSIM on the validation blocks.
        origin: who states the values, see there.
    """
    stated = partial(psnr_and_ssim, source=source, origin=origin)
    values: tuple[Published, ...] = ()
    if sidd_validation:
        psnr, ssim, *lpips = sidd_validation
        values += stated(
            "sidd-validation",
            psnr=psnr,
            ssim=ssim,
            protocol=validation_protocol,
            trained_on=trained_on,
        )
        values += tuple(
            Published(
                dataset="sidd-validation",
                metric="lpips",
                value=value,
                source=source,
                protocol=NOT_STATED,
                trained_on=trained_on,
                origin=origin,
            )
            for value in lpips
        )
    if sidd_benchmark:
        psnr, ssim = sidd_benchmark
        values += stated(
            "sidd-benchmark", psnr=psnr, ssim=ssim, protocol="matlab-volume", trained_on=trained_on
        )
    if dnd:
        psnr, ssim = dnd
        values += stated(
            "dnd",
            psnr=psnr,
            ssim=ssim,
            protocol="dnd-server",
            trained_on=trained_on if trained_on_for_dnd is None else trained_on_for_dnd,
        )
    return values
