"""SSID: spatially adaptive self-supervised denoising in three stages (Li et al., CVPR 2023)."""
