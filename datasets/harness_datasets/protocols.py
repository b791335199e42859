"""How papers score on these datasets."""

from harness import ProtocolSpec

SPECS = (
    ProtocolSpec(
        name="sidd",
        summary="SIDD: PSNR and MATLAB's volume SSIM of each 8-bit block, then the mean.",
        metrics=("psnr", "ssim[protocol=matlab-volume]"),
        notes=(
            "The script of SIDD's authors reads denoised blocks of 8 bit, calls MATLAB's psnr and "
            "ssim for each of the 1280 blocks of 256x256, and takes the mean. MATLAB's ssim takes "
            "an RGB block for a volume and smooths across its channels, so it reads higher than "
            "an SSIM channel by channel. Most tables on SIDD hold it: MPRNet, Restormer, MAXIM, "
            "NAFNet.\n\n"
            "Its neighbours are ssim[protocol=skimage], which AP-BSN, LG-BPN, PUCA and MM-BSN "
            "print on SIDD validation, and ssim[protocol=wang] of AMSNet and SDAP. To measure one "
            "beside it: --protocol sidd --metrics 'ssim[protocol=skimage]'."
        ),
        paper="Abdelhamed et al., A High-Quality Denoising Dataset for Smartphone Cameras, CVPR "
        "2018",
    ),
    ProtocolSpec(
        name="sidd-benchmark",
        summary="SIDD benchmark: scored by Kaggle's competitions alone.",
        metrics=("psnr", "ssim[protocol=matlab-volume]"),
        scored_by="its ground truth is not public: Kaggle scores it (harness submit "
        "sidd-benchmark)",
        notes=(
            "Values in papers are of the server of SIDD's authors, which is closed and computed "
            "what the protocol sidd does. The competitions sidd-benchmark-srgb-psnr and "
            "sidd-benchmark-srgb-ssim took its place; how they compute SSIM is not public, and "
            "users see about 0.05 less there. Say which of the two a value is from."
        ),
    ),
    ProtocolSpec(
        name="dnd",
        summary="DND: scored by its server alone.",
        metrics=("psnr", "ssim"),
        scored_by="its ground truth is not public: its server scores it (harness submit dnd)",
        notes=(
            "The server returns PSNR and SSIM, the means over 1000 crops of 512x512; how it "
            "computes them is not public. A value on DND may be printed only if the server "
            "returned it for this method, trained as the table says, with the track (sRGB), and "
            "to the digits that the server gives. A value measured here on crops of DND, such as "
            "against another method's output, is none."
        ),
        paper="Plötz and Roth, Benchmarking Denoising Algorithms with Real Photographs, CVPR 2017",
    ),
    ProtocolSpec(
        name="polyu",
        summary="PolyU: PSNR and scikit-image's SSIM of each 8-bit crop, then the mean.",
        metrics=("psnr", "ssim[protocol=skimage]"),
        notes=(
            "Each of the 100 crops of 512x512 by itself, against the mean of many shots, which "
            "is a JPEG file as well. The noisy crops have 35.97 dB and an SSIM of 0.9088 by this "
            "convention. Few papers say which SSIM they print on PolyU; a value of another "
            "convention is compared with --metrics 'ssim[protocol=wang]'."
        ),
    ),
)
"""The protocols."""
