"""D-BSN as a method: the network on sub-images, a warm-up, and the plain likelihood."""

from collections.abc import Sequence
from typing import Literal

from torch import Tensor

from harness import Cosine, Method, NoisyBatch, ParameterError, Recipe, Stage, Steps
from harness_dbsn.likelihood import diagonal_covariance, least_squares, negative_log_likelihood
from harness_dbsn.network import DilatedBlindSpotNetwork, SigmaHead
from harness_nets.pixel_shuffle import pixel_shuffle_down, pixel_shuffle_up

WARMUP_STEPS = Steps((0.2, 0.6, 0.7, 0.8, 0.9))
"""The released script of the colour warm-up: at 20, 60, 70, 80 and 90 of 100 epochs."""

LIKELIHOOD_STEPS = Steps((0.2, 0.4, 0.6, 0.7, 0.8, 0.9))
"""The released script for AWGN: at 20, 40, 60, 70, 80 and 90 of 100 epochs."""

COSINE_FINAL = 0.02
"""What is left of the learning rate at the end of a stage, with the schedule ``cosine``."""

LIKELIHOOD_RATE = 0.1
"""Learning rate of the likelihood over that of the warm-up: 3e-5 after 3e-4, as in the released
scripts for colour."""

CLIP_NORM = 1.0
"""Of the gradient. Where the loss explodes, the released code zeroes what it prints, no more."""


class WarmUp(Stage):
    """Train the network by least squares; there is no variance yet.

    Args:
        network: the blind-spot network.
        stride: of the sub-images.
        recipe: how it is trained.
    """

    name = "warm-up"

    def __init__(self, network: DilatedBlindSpotNetwork, stride: int, recipe: Recipe) -> None:
        super().__init__()
        self.network = network
        self.stride = stride
        self.recipe = recipe

    def forward(self, batch: NoisyBatch) -> Tensor:
        """The squared error of the mean against the noisy image, in which it is blind."""
        noisy = pixel_shuffle_down(batch.noisy, self.stride)
        return least_squares(noisy, self.network(noisy).mean.float())


class Likelihood(Stage):
    """Train the network and the variance head together by the plain likelihood, Eq. 6.

    Args:
        network: the blind-spot network.
        head: gives the total variance, that of the noise and that of the estimate in one.
        stride: of the sub-images.
        recipe: how it is trained.
    """

    name = "likelihood"

    def __init__(
        self, network: DilatedBlindSpotNetwork, head: SigmaHead, stride: int, recipe: Recipe
    ) -> None:
        super().__init__()
        self.network = network
        self.head = head
        self.stride = stride
        self.recipe = recipe

    def forward(self, batch: NoisyBatch) -> Tensor:
        """The negative log-likelihood of the noisy image."""
        noisy = pixel_shuffle_down(batch.noisy, self.stride)
        mean, features = self.network(noisy)
        # in half precision the inverse of a small variance overflows
        covariance = diagonal_covariance(self.head(features).float())
        return negative_log_likelihood(noisy, mean.float(), covariance)


class DBSN(Method):
    r"""First stage of "Unpaired Learning of Deep Image Denoising", without its noise networks.

    Every pixel is taken for a draw from a Gaussian that its neighbourhood determines,

    .. math:: y_p \sim \mathcal N(\mu(y_{\Omega(p)}), \Sigma(y_{\Omega(p)})), \quad
        p \notin \Omega(p)

    and :math:`\mu` is the denoised image. Assumes noise of zero mean that is independent between
    pixels given the clean image; the noise of photographs is not, so it works on the sub-images of
    pixel-shuffle downsampling, where neighbours are ``stride`` pixels apart, Sec. 3.4.

    Args:
        channels: of the images, 1 or 3.
        width: channels of the network.
        blocks: MDC modules in each of its two branches.
        stride: of pixel-shuffle downsampling; 1 for noise that is independent between pixels.
        iterations: of both stages together.
        warmup: share of the iterations that go to the warm-up, from 0 to 1.
        batch_size: crops in a step.
        crop: side of the crops in pixels of the photograph; a multiple of ``stride``.
        learning_rate: at the start of the warm-up; the likelihood starts at a tenth of it.
        schedule: of the learning rate: ``steps`` as released, or ``cosine``.

    Raises:
        ParameterError: ``warmup`` is no share, or ``crop`` is no multiple of ``stride``.
    """

    def __init__(
        self,
        channels: int = 3,
        width: int = 96,
        blocks: int = 8,
        stride: int = 4,
        iterations: int = 1_200_000,
        warmup: float = 0.5,
        batch_size: int = 8,
        crop: int = 96,
        learning_rate: float = 3e-4,
        schedule: Literal["steps", "cosine"] = "steps",
    ) -> None:
        super().__init__()
        if not 0 <= warmup <= 1:
            raise ParameterError(f"dbsn: warmup is a share from 0 to 1, not {warmup}")
        if crop % stride:
            raise ParameterError(
                f"dbsn: a crop of {crop} pixels cannot be downsampled by a stride of {stride}: "
                f"set crop to a multiple, such as {-(-crop // stride) * stride}"
            )
        self.network = DilatedBlindSpotNetwork(channels, width, blocks)
        self.head = SigmaHead(width, outputs=channels)
        self.stride = stride
        self.iterations = iterations
        self.warmup = warmup
        self.batch_size = batch_size
        self.crop = crop
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.size_multiple = stride
        self.reach = stride * self.network.reach

    def stages(self) -> Sequence[Stage]:
        """The warm-up, then the likelihood; a stage without iterations is left out."""
        warmup = round(self.iterations * self.warmup)
        rate = self.learning_rate
        first = self._recipe(warmup, rate, WARMUP_STEPS)
        second = self._recipe(self.iterations - warmup, rate * LIKELIHOOD_RATE, LIKELIHOOD_STEPS)
        stages = (
            WarmUp(self.network, self.stride, first),
            Likelihood(self.network, self.head, self.stride, second),
        )
        return [stage for stage in stages if stage.recipe.iterations]

    def denoise(self, noisy: Tensor) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of ``stride``.

        Returns:
            The mean given each pixel's neighbourhood; the same shape, not clipped.
        """
        mean = self.network(pixel_shuffle_down(noisy, self.stride)).mean
        return pixel_shuffle_up(mean, self.stride)

    def _recipe(self, iterations: int, learning_rate: float, steps: Steps) -> Recipe:
        return Recipe(
            iterations=iterations,
            batch_size=self.batch_size,
            crop=self.crop,
            learning_rate=learning_rate,
            schedule=Cosine(COSINE_FINAL) if self.schedule == "cosine" else steps,
            clip_norm=CLIP_NORM,
        )
