"""Baselines: what any denoiser reaches with clean images, and with the simplest blind spot."""
