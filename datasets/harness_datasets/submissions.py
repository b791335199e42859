"""What is sent to those who score these datasets."""

from harness import SubmissionSpec

SPECS = (
    SubmissionSpec(
        name="sidd-benchmark",
        target="harness_datasets.sidd_submission:SIDDSubmission",
        summary="The denoised blocks of the SIDD benchmark: a MATLAB file and a CSV file.",
        dataset="sidd-benchmark",
        files="SubmitSrgb.mat and SubmitSrgb.csv",
        notes=(
            "The MATLAB file is what the server of SIDD's authors took, which is closed. The CSV "
            "file is what the competitions sidd-benchmark-srgb-psnr and sidd-benchmark-srgb-ssim "
            "on Kaggle take; it has 336 MB."
        ),
    ),
    SubmissionSpec(
        name="dnd",
        target="harness_datasets.dnd_submission:DNDSubmission",
        summary="The denoised crops of DND: 50 MATLAB files, a photograph each.",
        dataset="dnd",
        bits=16,
        files="0001.mat to 0050.mat",
        notes=(
            "For the sRGB track of DND's server. Its own kit writes 1000 crops first and bundles "
            "them; these are the bundled files, and their folder is what is uploaded."
        ),
    ),
)
"""The submissions."""
