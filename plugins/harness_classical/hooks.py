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
            assumes="weaker than the edges that are to stay, at one strength for all images",
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
            assumes="white, of one strength over the image",
            paper="Buades, Coll, Morel: A Non-Local Algorithm for Image Denoising, CVPR 2005",
        ),
        MethodSpec(
            name="tv",
            target="harness_classical.total_variation:TotalVariation",
            summary="Total variation of scikit-image with a weight from the image's own noise.",
            notes=(
                "The weight is 0.7 r^5, at most 8, times scikit-image's wavelet estimate of the "
                "noise level; r, at least 1, is that estimate's mean over the sub-images of stride "
                "2 over that of the image, and grows with the correlation between neighbours, "
                "which hides noise from the estimate. The three numbers were chosen on camera's "
                "training images, crops of CC15, PolyU and SIDD's validation blocks, and CBSD68 "
                "with white noise, on average over the five; with the best weight for each image "
                "it has 0.3 dB more on camera and PolyU, 0.6 on CC15, 0.4 on SIDD, and 0.5 to 2.7 "
                "on white noise, where texture reads as noise."
            ),
            assumes="zero mean, of one strength over the image",
            paper=(
                "Rudin, Osher, Fatemi: Nonlinear Total Variation Based Noise Removal Algorithms, "
                "Physica D 1992; Chambolle: An Algorithm for Total Variation Minimization and "
                "Applications, JMIV 2004"
            ),
        ),
    )
