"""Announces the classical denoisers."""

from harness import MethodSpec, hookimpl


@hookimpl
def harness_register_methods() -> tuple[MethodSpec, ...]:
    """Methods that learn nothing."""
    return (
        MethodSpec(
            name="guided-filter",
            target="harness_classical.guided_filter:GuidedFilter",
            summary="Guided filter, each channel guided by itself.",
            notes=(
                "Defaults are those of the last step of D-BSN on real photographs (Wu et al., "
                "ECCV 2020, Sec. 3.4), which names neither the guide nor the scale of intensities; "
                "here every channel guides itself, on the scale [0, 1], and border pixels repeat. "
                "On CC15 it scores 35.47 dB as psnr-float, 35.45 dB as psnr, which rounds to 8 bit."
            ),
            paper="He, Sun, Tang: Guided Image Filtering, ECCV 2010; TPAMI 2013",
        ),
        MethodSpec(
            name="nlm",
            target="harness_classical.non_local_means:NonLocalMeans",
            summary="Non-local means of scikit-image with its estimate of the noise level.",
            notes=(
                "The noise level is the mean over channels of scikit-image's wavelet estimate, "
                "which reads too low where noise is correlated between pixels, as it is in "
                "photographs. Patches and strength are those of scikit-image's example for "
                "the fast mode."
            ),
            paper="Buades, Coll, Morel: A Non-Local Algorithm for Image Denoising, CVPR 2005",
        ),
    )
