"""Specs of the clean sets to which noise is added; free of NumPy, as announcing must be."""

from harness import DatasetSpec

_NOISE_PARAMETERS = ("noise", "sigma", "alpha", "delta", "peak", "seed", "clip")

_NOTES = (
    "Noise is added to clean images when they are read; drawn once per image, from the seed and "
    "the image's name, never again. Noisy images are float32 and reach beyond [0, 1], unless clip "
    "makes them 8 bit. awgn: white Gaussian, sigma. hg-release and hg-paper: variance alpha^2 x^2 "
    "+ delta^2 and alpha^2 x + delta^2; D-BSN prints the second, but its code has the first, and "
    "only to that do its values belong. poisson-gaussian: photons, as many as peak at white, and "
    "sigma. A parameter that the noise does not know has no effect."
)
_MULTIVARIATE = (
    " mg: correlated between channels, with the one covariance that D-BSN is validated with."
)
_VERSIONS = (
    " Versions: crops-500, 500x500 from the middle, as in FFDNet's test sets; original, 768x512 or "
    "512x768; crops-256. Another version than the one asked for is refused; auto says which it "
    "found."
)


_GROUPS = "none: every image is a scene of its own"
_FFDNET = "https://github.com/cszn/FFDNet/tree/master/testsets"


def _obtain(folder: str) -> str:
    """How to get a set that lies among the test sets of FFDNet."""
    return (
        "Clone or download https://github.com/cszn/FFDNet; its folder "
        f"testsets/{folder} is the root."
    )


def _with_this_noise(dataset: str) -> str:
    """A dataset with the noise parameters of the one that refers to it, for ``trains_on``."""
    return f"{dataset}[{','.join(f'{name}={{{name}}}' for name in _NOISE_PARAMETERS)}]"


SPECS = (
    DatasetSpec(
        name="bsd68",
        target="harness_datasets.synthetic:BSD68",
        summary="BSD68: grey, noise added.",
        notes=_NOTES,
        paper="Martin et al., A Database of Human Segmented Natural Images, ICCV 2001; the choice "
        "of 68: Roth and Black, Fields of Experts, IJCV 82, 2009",
        trains_on=_with_this_noise("set12"),
        needs_root=True,
        images="68 of 481x321 or 321x481, grey: test001 to test068",
        groups=_GROUPS,
        size="6 MB",
        licence="not stated with the copies in use",
        licence_link=_FFDNET,
        homepage=_FFDNET,
        obtain=_obtain("BSD68"),
    ),
    DatasetSpec(
        name="set12",
        target="harness_datasets.synthetic:Set12",
        summary="Set12: grey, noise added.",
        notes=_NOTES,
        paper="Zhang et al., Beyond a Gaussian Denoiser (DnCNN), IEEE TIP 26(7), 2017",
        trains_on=_with_this_noise("bsd68"),
        needs_root=True,
        images="7 of 256x256 and 5 of 512x512, grey: 01 to 12",
        groups=_GROUPS,
        size="1 MB",
        licence="not stated with the copies in use",
        licence_link=_FFDNET,
        homepage=_FFDNET,
        obtain=_obtain("Set12"),
    ),
    DatasetSpec(
        name="cbsd68",
        target="harness_datasets.synthetic:CBSD68",
        summary="CBSD68: BSD68 in colour, noise added.",
        notes=_NOTES + _MULTIVARIATE,
        paper="as bsd68",
        trains_on=_with_this_noise("kodak24"),
        needs_root=True,
        images="68 of 481x321 or 321x481: by number in BSDS, 0000 to 0067, or 00001 to 00068",
        groups=_GROUPS,
        size="18 MB",
        licence="not stated with the copies in use",
        licence_link=_FFDNET,
        homepage=_FFDNET,
        obtain=_obtain("CBSD68"),
    ),
    DatasetSpec(
        name="kodak24",
        target="harness_datasets.synthetic:Kodak24",
        summary="Kodak24: colour, noise added; its versions are told apart.",
        notes=_NOTES + _MULTIVARIATE + _VERSIONS,
        paper="Franzen, Kodak Lossless True Color Image Suite, 1999",
        trains_on=_with_this_noise("cbsd68"),
        needs_root=True,
        images="24 of 500x500, or 768x512 and 512x768, or 256x256: kodim01 to kodim24",
        groups=_GROUPS,
        size="10 MB for the crops of 500x500, 15 MB for the originals",
        licence="unrestricted, says the homepage",
        licence_link="http://r0k.us/graphics/kodak/",
        homepage="http://r0k.us/graphics/kodak/",
        obtain="For the crops of 500x500, clone or download https://github.com/cszn/FFDNet; its "
        "folder testsets/Kodak24 is the root. The originals are on the homepage: 24 PNG files to "
        "download into one folder.",
    ),
    DatasetSpec(
        name="mcmaster",
        target="harness_datasets.synthetic:McMaster",
        summary="McMaster: colour, noise added.",
        notes=_NOTES + _MULTIVARIATE,
        paper="Zhang et al., Color demosaicking by local directional interpolation and nonlocal "
        "adaptive thresholding, J. Electronic Imaging 20(2), 2011",
        trains_on=_with_this_noise("cbsd68"),
        needs_root=True,
        images="18 of 500x500: 1 to 18",
        groups=_GROUPS,
        size="14 MB",
        licence="not stated with the copies in use",
        licence_link=_FFDNET,
        homepage=_FFDNET,
        obtain=_obtain("McMaster"),
    ),
)
"""The specs, in the order of the table in docs/datasets.md."""
