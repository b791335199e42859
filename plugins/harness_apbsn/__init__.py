"""AP-BSN: asymmetric pixel-shuffle downsampling, blind-spot network (Lee et al., CVPR 2022)."""
