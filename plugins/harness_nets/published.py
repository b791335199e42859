"""Values that papers print, as specs state them; no network is needed for it."""

from harness import Published


def psnr_and_ssim(
    dataset: str,
    source: str,
    psnr: float,
    ssim: float | None = None,
    protocol: str | None = None,
    *,
    psnr_metric: str = "psnr",
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
    """
    of_psnr = Published(dataset=dataset, metric=psnr_metric, value=psnr, source=source)
    if ssim is None:
        return (of_psnr,)
    of_ssim = Published(
        dataset=dataset, metric="ssim", value=ssim, source=source, protocol=protocol
    )
    return (of_psnr, of_ssim)
