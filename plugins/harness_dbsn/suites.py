"""The tables of the D-BSN paper, as suites."""

from collections.abc import Mapping
from functools import partial
from itertools import chain

from harness import Origin, Published, SuiteSpec
from harness_nets.published import NOT_STATED, psnr_and_ssim

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
    "The paper does not say how the SSIM on CC15 was computed."
)


_NATURAL = "ImageNet's validation images with this noise"
_OWN_AND_CLEAN = "the noisy test images, and clean images of others"


def _white(
    dataset: str, source: str, *values: float, more: str = "", trained_on: str = _NATURAL
) -> tuple[Published, ...]:
    """Values on a set with white noise of the three levels."""
    by_level = (
        _unrounded(
            f"{dataset}[clip=false,noise=awgn,sigma={sigma}{more}]", source, value, trained_on
        )
        for sigma, value in zip(_LEVELS, values, strict=True)
    )
    return tuple(chain.from_iterable(by_level))


def _heteroscedastic(
    dataset: str, source: str, value: float, trained_on: str = _NATURAL
) -> tuple[Published, ...]:
    noisy = f"{dataset}[alpha=40,clip=false,delta=10,noise=hg-release]"
    return _unrounded(noisy, source, value, trained_on)


def _unrounded(
    dataset: str, source: str, value: float, trained_on: str = _NATURAL
) -> tuple[Published, ...]:
    """PSNR of outputs that are not rounded to 8 bit."""
    return psnr_and_ssim(dataset, source, value, psnr_metric="psnr-float", trained_on=trained_on)


def _at_levels(dataset: str, more: str = "") -> tuple[str, ...]:
    return tuple(f"{dataset}[sigma={sigma}{more}]" for sigma in _LEVELS)


def _quoted(
    dataset: str, source: str, values: Mapping[int, float], more: str = ""
) -> tuple[Published, ...]:
    """What the paper quotes of another method for white noise, by level."""
    return tuple(
        Published(
            dataset=f"{dataset}[clip=false,noise=awgn,sigma={sigma}{more}]",
            metric="psnr",
            value=value,
            source=f"{source} of D-BSN",
            protocol=NOT_STATED,
            trained_on=NOT_STATED,
            origin="report",
        )
        for sigma, value in values.items()
    )


def _supervised(dataset: str, source: str, *values: float) -> tuple[Published, ...]:
    """The paper's own MWCNN, trained on pairs: N2C, for noise of the levels and HG."""
    *white, heteroscedastic = values
    return (
        *_white(dataset, f"{source}, N2C", *white, trained_on=NOT_STATED),
        *_heteroscedastic(dataset, f"{source}, N2C", heteroscedastic, trained_on=NOT_STATED),
    )


def _photographs(
    source: str,
    cc15: tuple[float, float] | None,
    dnd: tuple[float, float] | None,
    trained_on: str,
    origin: Origin = "paper",
) -> tuple[Published, ...]:
    """PSNR and SSIM of Table 4, whose SSIM on CC15 has no protocol."""
    stated = partial(psnr_and_ssim, source=source, trained_on=trained_on, origin=origin)
    return (
        *(stated("cc15", psnr=cc15[0], ssim=cc15[1], protocol=NOT_STATED) if cc15 else ()),
        *(stated("dnd", psnr=dnd[0], ssim=dnd[1], protocol="dnd-server") if dnd else ()),
    )


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
    "dbsn[distill=true]": _photographs("Table 4", (35.90, 0.9370), (37.93, 0.9373), _OWN_AND_CLEAN),
}

COMPARISON = {
    "n2c[denoiser=mwcnn]": (
        *_supervised("bsd68", "Table 1", 31.86, 29.41, 26.53, 30.16),
        *_supervised("cbsd68", "Table 2", 34.08, 31.40, 28.26, 32.10),
        *_unrounded("cbsd68[clip=false,noise=mg]", "Table 2, N2C", 26.89, trained_on=NOT_STATED),
    ),
    "n2c[denoiser=dncnn]": (
        *_quoted("bsd68", "Table 1", {15: 31.72, 25: 29.23, 50: 26.23}),
        *_quoted("cbsd68", "Table 2", {15: 33.89, 25: 30.71, 50: 27.92}),
        *_quoted("kodak24", "Table 3", {15: 34.48, 25: 32.03, 50: 28.85}, more=_CROPS),
        *_quoted("mcmaster", "Table 3", {15: 33.44, 25: 31.51, 50: 28.61}),
        *_photographs(
            "Table 4 of D-BSN", (33.86, 0.8636), (32.43, 0.7900), NOT_STATED, origin="report"
        ),
    ),
    "n2v": (
        *_quoted("bsd68", "Table 1", {25: 27.71}),
        *_photographs("Table 4 of D-BSN", (35.27, 0.9158), None, NOT_STATED, origin="report"),
    ),
}

SUITES = (
    SuiteSpec(
        name="dbsn-comparison",
        summary="Competitors that are here: DnCNN, Noise2Void and MWCNN in Tables 1 to 4 of D-BSN.",
        methods=tuple(COMPARISON),
        datasets=("bsd68", "cbsd68", "cc15"),
        published=COMPARISON,
        notes=(
            "N2C is the paper's own MWCNN, trained on pairs; DnCNN's and Noise2Void's values are "
            "quoted from their papers, and state neither training data nor rounding. CDnCNN's "
            "30.71 dB on CBSD68 with 25/255 repeats CBM3D's; its author gives 31.31 dB. The "
            "paper's Noise2Void has another network."
        ),
        paper=PAPER,
    ),
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
