"""Images: files, datasets of them, and who may see what of them."""
