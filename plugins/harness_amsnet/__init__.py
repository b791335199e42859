"""AMSNet: asymmetric mask scheme for self-supervised denoising (Liao et al., ECCV 2024)."""
