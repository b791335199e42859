"""What knows nothing of denoising: files, seeds, words."""
