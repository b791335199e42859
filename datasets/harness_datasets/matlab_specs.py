"""Specs of SIDD and DND, whose test images lie in MATLAB files; free of NumPy, for announcing."""

from harness import DatasetSpec

_SIDD_PAPER = (
    "Abdelhamed, Lin, Brown: A High-Quality Denoising Dataset for Smartphone Cameras, CVPR 2018"
)
_SIDD_HOMEPAGE = "https://www.eecs.yorku.ca/~kamel/sidd/"
_SIDD_LICENCE = "terms of SIDD's own; read them on its homepage"

_NAMES = (
    "Samples are the blocks row by row, by image and block, both from 0: 0003_17 is number "
    "3 * 32 + 17. An image counts as a scene of its own: the files do not say which of the 40 show "
    "the same objects, nor their phones and ISO. They are of the 40 instances that sidd-medium "
    "lacks, but of its 10 scenes."
)
_BLOCKS = "1280 of 256x256: 32 blocks of each of 40 photographs, 8 bit"
_BLOCK_GROUPS = "blocks of a photograph share its number as their scene; no groups"

SPECS = (
    DatasetSpec(
        name="sidd-medium",
        target="harness_datasets.sidd:SIDDMedium",
        summary="SIDD Medium, sRGB: the training images of SIDD, from five smartphones.",
        notes=(
            "Only to train on: --train sidd-medium, or by testing on sidd-validation, "
            "sidd-benchmark or dnd. SIDD Small, one pair of an instance, is read too; it is said, "
            "and marked as 160 of 320, and no published value stands beside what is trained on it."
        ),
        paper=_SIDD_PAPER,
        splits=("train",),
        needs_root=True,
        images="320 pairs of photographs of 160 instances, PNG, 8 bit",
        groups="instances of one of the 10 scenes share it; camera (GP, IP, S6, N6, G4), iso, "
        "brightness (L, N, H)",
        size="about 12 GB; 29 GB as pixels",
        licence=_SIDD_LICENCE,
        licence_link=_SIDD_HOMEPAGE,
        homepage=_SIDD_HOMEPAGE,
        obtain=(
            "Download SIDD-Medium, sRGB images only, from the homepage (SIDD_Medium_Srgb.zip, or "
            "its parts), and unpack it: the root is the folder SIDD_Medium_Srgb, which holds Data."
        ),
    ),
    DatasetSpec(
        name="sidd-validation",
        target="harness_datasets.sidd_blocks:SIDDValidation",
        summary="SIDD's validation blocks, with ground truth.",
        notes=_NAMES
        + " Blocks saved as 0000_N.png and 0000_CL.png are read by folder[layout=n-cl].",
        paper=_SIDD_PAPER,
        trains_on="sidd-medium",
        protocol="sidd",
        needs_root=True,
        images=_BLOCKS,
        groups=_BLOCK_GROUPS,
        size="up to 252 MB a file; two files",
        licence=_SIDD_LICENCE,
        licence_link=_SIDD_HOMEPAGE,
        homepage=_SIDD_HOMEPAGE,
        obtain=(
            "Download the validation data, sRGB, from the homepage: "
            "ValidationNoisyBlocksSrgb.mat and ValidationGtBlocksSrgb.mat; put both into one "
            "folder, which is the root."
        ),
    ),
    DatasetSpec(
        name="sidd-benchmark",
        target="harness_datasets.sidd_blocks:SIDDBenchmark",
        summary="SIDD's benchmark blocks: their ground truth is on the server alone.",
        notes=_NAMES + " --train-on test trains on the blocks themselves, as some papers do.",
        paper=_SIDD_PAPER,
        trains_on="sidd-medium",
        also_trained_on=("sidd-benchmark",),
        protocol="sidd-benchmark",
        needs_root=True,
        images=f"{_BLOCKS}, without ground truth",
        groups=_BLOCK_GROUPS,
        size="up to 252 MB",
        licence=_SIDD_LICENCE,
        licence_link=_SIDD_HOMEPAGE,
        homepage=_SIDD_HOMEPAGE,
        obtain=(
            "Download the benchmark data, sRGB, from the homepage: "
            "BenchmarkNoisyBlocksSrgb.mat; the folder that it lies in is the root."
        ),
    ),
    DatasetSpec(
        name="dnd",
        target="harness_datasets.dnd:DND",
        summary="DND: crops of photographs from four cameras; ground truth is on the server alone.",
        notes=(
            "Crops are named by photograph and box, both from 1, as submissions are: 0001_01. "
            "They are float32 as in the files, and crops of a photograph overlap in places. "
            "--train-on test trains on the crops themselves, as most papers do."
        ),
        paper="Plötz, Roth: Benchmarking Denoising Algorithms with Real Photographs, CVPR 2017",
        trains_on="sidd-medium",
        also_trained_on=("dnd",),
        protocol="dnd",
        needs_root=True,
        images="1000 of 512x512: 20 boxes of each of 50 photographs, float32, without ground truth",
        groups="crops of a photograph share its number as their scene; camera (Nexus6P, SonyA7R, "
        "OMD_EM10, SonyRX100)",
        size="12.8 GB",
        licence="terms of DND's own; read them on its homepage",
        licence_link="https://noise.visinf.tu-darmstadt.de/",
        homepage="https://noise.visinf.tu-darmstadt.de/",
        obtain=(
            "Ask for an account on the homepage, download the dataset and unpack it: the root is "
            "the folder dnd_2017, with info.mat and images_srgb; images_raw is not needed."
        ),
    ),
)
"""The specs, in the order of the table in docs/datasets.md."""
