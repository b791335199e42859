"""The tables of the D-BSN paper, as suites."""

from itertools import chain

from harness import Published, SuiteSpec
from harness_nets.published import psnr_and_ssim

PAPER = (
    "Wu, Liu, Cao, Ren, Zuo: Unpaired Learning of Deep Image Denoising, ECCV 2020, arXiv 2008.13711"
)

_LEVELS = (15, 25, 50)
_CROPS = ",version=crops-500"

_NOTES = (
    "The first row is the first stage, D-BSN with Bayes' rule; the second is its student, MWCNN. "
    "Values are those of the arXiv text and belong to the metric psnr-float, for the released "
    "code does not round; the tables shown with the code have lower ones for D-BSN, by up to 0.39 "
    "dB. The paper trains on ImageNet's validation images with this noise, and distils with clean "
    "images of DIV2K, WED and BSD; here the training data is the dataset's own default, unless "
    "--train and --clean name others."
)

_KODAK_NOTES = (
    " The paper does not say which version of Kodak24 it tests; the crops are those of FFDNet, "
    "whose values it quotes."
)

_HETEROSCEDASTIC_NOTES = (
    " The paper prints the variance of noise=hg-paper; its code has that of hg-release, and only "
    "to that can its values belong."
)

_REAL_NOTES = (
    "The paper trains on the noisy test images themselves, and its student on clean images of "
    "others; --train-on test does the former, and is for methods that see no clean image. So no "
    "value is printed beside. Its code for photographs was not released. "
    "SSIM is left out, for the paper does not say how it was computed."
)


_NATURAL = "ImageNet's validation images with this noise"
_OWN_AND_CLEAN = "the noisy test images, and clean images of others"


def _white(dataset: str, source: str, *values: float, more: str = "") -> tuple[Published, ...]:
    """Values on a set with white noise of the three levels."""
    by_level = (
        _unrounded(f"{dataset}[clip=false,noise=awgn,sigma={sigma}{more}]", source, value)
        for sigma, value in zip(_LEVELS, values, strict=True)
    )
    return tuple(chain.from_iterable(by_level))


def _heteroscedastic(dataset: str, source: str, value: float) -> tuple[Published, ...]:
    return _unrounded(f"{dataset}[alpha=40,clip=false,delta=10,noise=hg-release]", source, value)


def _unrounded(dataset: str, source: str, value: float) -> tuple[Published, ...]:
    """PSNR of outputs that are not rounded to 8 bit."""
    return psnr_and_ssim(dataset, source, value, psnr_metric="psnr-float", trained_on=_NATURAL)


def _at_levels(dataset: str, more: str = "") -> tuple[str, ...]:
    return tuple(f"{dataset}[sigma={sigma}{more}]" for sigma in _LEVELS)


BSD68 = {
    "dbsn[noise=awgn,stride=1]": _white("bsd68", "Table 1", 31.63, 29.12, 26.19),
    "dbsn[distill=true,noise=awgn,stride=1]": _white("bsd68", "Table 1", 31.82, 29.38, 26.51),
}

CBSD68 = {
    "dbsn[noise=awgn,stride=1]": _white("cbsd68", "Table 2", 33.56, 30.61, 27.66),
    "dbsn[distill=true,noise=awgn,stride=1]": _white("cbsd68", "Table 2", 34.02, 31.40, 28.25),
}

HETEROSCEDASTIC = {
    "dbsn[stride=1]": (
        *_heteroscedastic("bsd68", "Table 1", 29.16),
        *_heteroscedastic("cbsd68", "Table 2", 30.56),
    ),
    "dbsn[distill=true,stride=1]": (
        *_heteroscedastic("bsd68", "Table 1", 30.10),
        *_heteroscedastic("cbsd68", "Table 2", 31.72),
    ),
}

MULTIVARIATE = {
    "dbsn[noise=mg,stride=1]": _unrounded("cbsd68[clip=false,noise=mg]", "Table 2", 26.48),
    "dbsn[distill=true,noise=mg,stride=1]": _unrounded(
        "cbsd68[clip=false,noise=mg]", "Table 2", 26.81
    ),
}

KODAK24_AND_MCMASTER = {
    "dbsn[noise=awgn,stride=1]": (
        *_white("kodak24", "Table 3", 33.74, 31.64, 28.69, more=_CROPS),
        *_white("mcmaster", "Table 3", 33.85, 31.56, 28.87),
    ),
    "dbsn[distill=true,noise=awgn,stride=1]": (
        *_white("kodak24", "Table 3", 34.82, 32.35, 29.36, more=_CROPS),
        *_white("mcmaster", "Table 3", 34.87, 32.54, 29.58),
    ),
}

REAL = {
    "dbsn[distill=true]": (
        *psnr_and_ssim("cc15", "Table 4", 35.90, trained_on=_OWN_AND_CLEAN),
        *psnr_and_ssim("dnd", "Table 4", 37.93, trained_on=_OWN_AND_CLEAN),
    ),
}

SUITES = (
    SuiteSpec(
        name="dbsn-bsd68",
        summary="D-BSN on grey images with white noise: Table 1 of D-BSN.",
        methods=tuple(BSD68),
        datasets=_at_levels("bsd68"),
        published=BSD68,
        notes=_NOTES,
        paper=PAPER,
    ),
    SuiteSpec(
        name="dbsn-cbsd68",
        summary="D-BSN on colour images with white noise: Table 2 of D-BSN.",
        methods=tuple(CBSD68),
        datasets=_at_levels("cbsd68"),
        published=CBSD68,
        notes=_NOTES,
        paper=PAPER,
    ),
    SuiteSpec(
        name="dbsn-kodak-mcmaster",
        summary="D-BSN on further colour images with white noise: Table 3 of D-BSN.",
        methods=tuple(KODAK24_AND_MCMASTER),
        datasets=(*_at_levels("kodak24", _CROPS), *_at_levels("mcmaster")),
        published=KODAK24_AND_MCMASTER,
        notes=_NOTES + _KODAK_NOTES,
        paper=PAPER,
    ),
    SuiteSpec(
        name="dbsn-heteroscedastic",
        summary="D-BSN on noise that grows with the signal: rows HG of Tables 1 and 2 of D-BSN.",
        methods=tuple(HETEROSCEDASTIC),
        datasets=("bsd68[noise=hg-release]", "cbsd68[noise=hg-release]"),
        published=HETEROSCEDASTIC,
        notes=_NOTES + _HETEROSCEDASTIC_NOTES,
        paper=PAPER,
    ),
    SuiteSpec(
        name="dbsn-multivariate",
        summary="D-BSN on noise that channels share: row MG of Table 2 of D-BSN.",
        methods=tuple(MULTIVARIATE),
        datasets=("cbsd68[noise=mg]",),
        published=MULTIVARIATE,
        notes=_NOTES,
        paper=PAPER,
    ),
    SuiteSpec(
        name="dbsn-real",
        summary="D-BSN on photographs: Table 4 of D-BSN.",
        methods=("dbsn", *REAL),
        datasets=("cc15",),
        published=REAL,
        notes=_REAL_NOTES,
        paper=PAPER,
    ),
)
"""All of them."""
