"""What a denoising method is made of: stages, recipes, networks, pretrained weights."""
