"""D-BSN: unpaired learning of deep image denoising (Wu et al., ECCV 2020)."""
