"""Specs of the sets of image files; free of NumPy, as announcing must be."""

from harness import DatasetSpec

SPECS = (
    DatasetSpec(
        name="polyu",
        target="harness_datasets.polyu:PolyU",
        summary="PolyU real-world noisy images: crops from five cameras, or the photographs.",
        notes=(
            "Noisy and clean are JPEG files: the ground truth is quantised too. The benchmark is "
            "the crops; crops=false reads the 40 photographs that they are from, so whoever trains "
            "on those must leave out the scenes that are tested on, for which --test-scenes does: "
            "both call a scene alike. One ISO is 1800 in names and 1600 in the README."
        ),
        paper="Xu et al., Real-world Noisy Image Denoising: A New Benchmark, 2018",
        trains_on="cc15",
        protocol="polyu",
        needs_root=True,
        images="100 pairs of 512x512, or 40 of 2784x1856 to 5184x3456; JPEG",
        groups="camera and iso, as file names say; a scene is what the crops of it are of, such as "
        "'door'",
        size="5 MB for the crops, more than 100 MB for the originals",
        licence="non-commercial use; see the licence file of the repository",
        licence_link="https://github.com/csjunxu/PolyU-Real-World-Noisy-Images-Dataset",
        homepage="https://github.com/csjunxu/PolyU-Real-World-Noisy-Images-Dataset",
        obtain="Clone or download the repository of the homepage; its folder, or CroppedImages in "
        "it, is the root.",
    ),
    DatasetSpec(
        name="cc15",
        target="harness_datasets.cc15:CC15",
        summary="CC15: the 15 crops of Nam et al.'s real noisy images.",
        notes="Results of a paper (*_ours) and the second copies 5dma_* are left out.",
        paper="Nam et al., A Holistic Approach to Cross-Channel Image Noise Modeling and its "
        "Application to Image Denoising, CVPR 2016",
        trains_on="polyu",
        needs_root=True,
        images="15 pairs of 512x512, PNG",
        groups="camera and iso, as file names say; crops that share both are one scene",
        size="14 MB, of which a third is results of a paper",
        licence="non-commercial use; see the licence file of the repository",
        licence_link="https://github.com/csjunxu/MCWNNM-ICCV2017",
        homepage="https://github.com/csjunxu/MCWNNM-ICCV2017",
        obtain="Clone or download the repository of the homepage; its folder, or "
        "Real_ccnoise_denoised_part in it, is the root.",
    ),
    DatasetSpec(
        name="nam25",
        target="harness_datasets.nam25:Nam25",
        summary="Nam25: the 25 crops of Nam et al.'s real noisy images that CBDNet is tested on.",
        notes=(
            "Papers call it Nam, as they call cc15, which are other crops of the same photographs: "
            "do not train on one to test on the other. The noisy images have 37.06 dB."
        ),
        paper="Guo et al., Toward Convolutional Blind Denoising of Real Photographs, CVPR 2019; "
        "the photographs as cc15",
        trains_on="polyu",
        needs_root=True,
        images="25 pairs of 512x512, PNG",
        groups="none: the names are numbers, and every crop counts as a scene of its own",
        size="13 MB",
        licence="Apache 2.0 for the repository; not stated for the photographs",
        licence_link="https://github.com/GuoShi28/CBDNet",
        homepage="https://github.com/GuoShi28/CBDNet",
        obtain="Clone or download the repository of the homepage; its folder testsets, with "
        "Nam_patches and Nam_patch_GT, is the root.",
    ),
    DatasetSpec(
        name="nind",
        target="harness_datasets.nind:NIND",
        summary="NIND: photographs of static scenes at rising ISO; the lowest is the clean one.",
        notes=(
            "The photographs of 8 bit (JPEG) and of 16 bit (PNG) are two sets, with bits=8 and "
            "bits=16. Repeats of the lowest ISO are left out. Counts are those of 2021-05-21. "
            "The ground truth is a single photograph, noisy a little itself, and JPEG with bits=8."
        ),
        paper="Brummer and De Vleeschouwer, Natural Image Noise Dataset, CVPR Workshops 2019",
        needs_root=True,
        images="8 bit: 515 of 91 scenes, clean ones included; 16 bit: 234 of 23 scenes; large",
        groups="iso, as file names say; a scene is a scene of the set",
        size="30 GB for all",
        licence="stated with each image on Wikimedia Commons",
        licence_link="https://commons.wikimedia.org/wiki/Natural_Image_Noise_Dataset",
        homepage="https://commons.wikimedia.org/wiki/Natural_Image_Noise_Dataset",
        obtain="Download the images from Wikimedia Commons, as the script tools/dl_ds_1.py of "
        "https://github.com/trougnouf/nind-denoise does, each into a folder of its scene; the "
        "folder of those folders is the root.",
    ),
    DatasetSpec(
        name="fmd",
        target="harness_datasets.fmd:FMD",
        summary="FMD: fluorescence microscopy, grey; the mean of 50 captures is the ground truth.",
        notes=(
            "type=NAME takes one of the 12 types, level one of the five noise levels: captures, "
            "or means of 2, 4, 8 or 16. View 19 of every type is tested on."
        ),
        paper="Zhang et al., A Poisson-Gaussian Denoising Dataset with Real Fluorescence "
        "Microscopy Images, CVPR 2019",
        splits=("train", "test"),
        trains_on="fmd",
        needs_root=True,
        images="of each of 12 types and 5 noise levels 20 views with 50 captures of 512x512, grey",
        groups="type and microscope, as folders say; a scene is a view of a type",
        size="not stated; at most 3.2 GB for each of the 5 noise levels",
        licence="not stated here; see the homepage",
        licence_link="https://github.com/yinhaoz/denoising-fluorescence",
        homepage="https://github.com/yinhaoz/denoising-fluorescence",
        obtain="Download the types from the Google Drive that the homepage links, and unpack each "
        "into a folder of its name, with raw, avg2 to avg16 and gt in it; the folder of those "
        "folders is the root.",
    ),
    DatasetSpec(
        name="div2k",
        target="harness_datasets.div2k:DIV2K",
        summary="DIV2K: clean photographs of high resolution, for --clean.",
        notes=(
            "There is no noise: every image is its own noisy half, so that scores on it say what a "
            "method does to clean images."
        ),
        paper="Agustsson and Timofte, NTIRE 2017 Challenge on Single Image Super-Resolution: "
        "Dataset and Study, CVPR Workshops 2017",
        splits=("train", "test"),
        trains_on="div2k",
        needs_root=True,
        images="train: 800, test: 100, about 2040 pixels wide or high; PNG, clean",
        groups="none: every image is a scene of its own",
        size="about 4 GB",
        licence="academic research only, says the homepage",
        licence_link="https://data.vision.ee.ethz.ch/cvl/DIV2K/",
        homepage="https://data.vision.ee.ethz.ch/cvl/DIV2K/",
        obtain="Download DIV2K_train_HR.zip and DIV2K_valid_HR.zip from the homepage and unpack "
        "both into one folder, which is the root.",
    ),
    DatasetSpec(
        name="rni15",
        target="harness_datasets.rni15:RNI15",
        summary="RNI15: 15 real noisy images without ground truth, to be looked at.",
        notes=(
            "No metric that needs a clean image has a number here. --train-on test trains on these "
            "very images."
        ),
        paper="Zhang et al., FFDNet: Toward a Fast and Flexible Solution for CNN based Image "
        "Denoising, IEEE TIP 27(9), 2018, where the set has its name",
        needs_root=True,
        images="15 of 300x480 to 768x512, colour, PNG and one JPEG; noisy only",
        groups="none: every image is a scene of its own",
        size="7 MB",
        licence="not stated with the copies in use",
        licence_link="https://github.com/cszn/FFDNet/tree/master/testsets",
        homepage="https://github.com/cszn/FFDNet/tree/master/testsets",
        obtain="Clone or download the repository of the homepage; its folder testsets/RNI15 is the "
        "root.",
    ),
)
"""The specs, in the order of the table in docs/datasets.md."""
