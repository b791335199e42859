"""What a denoising method is: a module that denoises, and the stages that train it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from harness.data.dataset import Image
from harness.methods.stage import Stage
from harness.methods.state_dicts import load_strictly


class Method(nn.Module, ABC):
    """A denoising method.

    The arguments of a subclass that have a default are its parameters, which users can set; the
    types of the arguments and the docstring describe them. One of the type
    :data:`harness.Channels` is set to the number of channels of the images.

    Attributes:
        size_multiple: height and width that :meth:`denoise` gets are multiples of this; the
            harness pads and crops.
        receptive_radius: how many pixels to each side of its place an output pixel depends on; None
            when it depends on the whole image. A large image is cut into tiles that overlap by it.
    """

    size_multiple: int = 1
    receptive_radius: int | None = None

    @abstractmethod
    def denoise(self, noisy: Tensor) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of ``size_multiple``.

        Returns:
            The same shape; values outside [0, 1] are clipped by the harness.
        """

    def stages(self) -> Sequence[Stage]:
        """The stages of training, in order; none for a method that does not learn."""
        return ()

    def prepare(self, noisy: "Sequence[Image]") -> None:
        """Look at the noisy training images once, before the first stage is made.

        For what a method measures rather than learns, such as how noise correlates. What it finds
        belongs into buffers, so that it is saved with the weights.

        Args:
            noisy: the noisy training images, H x W x C, 8 or 16 bit.
        """

    def load_pretrained(self, checkpoint: Mapping[str, Any]) -> None:
        """Load pretrained weights from a file that others published.

        A subclass takes the wrapping apart that its paper's files have, and hands the weights to
        :func:`harness.load_strictly`.

        Args:
            checkpoint: what the file holds, as
                :func:`harness.methods.pretrained.read_checkpoint` read it.

        Raises:
            DataError: these are the weights of another network.
        """
        self.load_published(checkpoint)

    def load_published(self, checkpoint: Mapping[str, Any]) -> None:
        """Load pretrained weights; the name of :meth:`load_pretrained` in interface 1."""
        load_strictly(self, checkpoint)


class OracleMethod(Method):
    """A method that is shown the ground truth: an upper bound, marked as such in every table.

    Its spec says ``oracle=True``.
    """

    @abstractmethod
    def denoise_knowing(self, noisy: Tensor, clean: Tensor) -> Tensor:
        """Denoise a batch, given its clean images; shapes and ranges as in :meth:`denoise`."""

    def denoise(self, noisy: Tensor) -> Tensor:
        """Refuse: an oracle cannot denoise without ground truth.

        Raises:
            DataError: always.
        """
        from harness.errors import DataError

        raise DataError("an oracle needs clean images, and these have none")
