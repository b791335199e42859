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
