"""Two methods that do nothing: one shows the noisy image, one shows the ground truth."""

from torch import Tensor

from harness import Method, OracleMethod


class Identity(Method):
    """Return the noisy image; its scores are those of the data."""

    receptive_radius = 0

    def denoise(self, noisy: Tensor) -> Tensor:
        """Return the batch as it is, N x C x H x W."""
        return noisy


class Oracle(OracleMethod):
    """Return the clean image; whatever it scores, no method can score better."""

    receptive_radius = 0

    def denoise_knowing(self, noisy: Tensor, clean: Tensor) -> Tensor:
        """Return the clean batch, N x C x H x W."""
        return clean
