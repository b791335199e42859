"""LG-BPN: local and global blind-patch network (Wang et al., CVPR 2023)."""
