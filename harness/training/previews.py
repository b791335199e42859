"""What a method makes of some noisy training crops while it is trained, as pictures."""

import logging
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import Tensor
from torchvision.transforms.functional import center_crop

from harness.data.dataset import Sample
from harness.data.images import to_array, to_tensor, write_image
from harness.evaluation.inference import denoise
from harness.methods.method import Method
from harness.results.names import PREVIEWS
from harness.util.seeding import seed_all
from harness.util.text import one_line

IMAGES = 4
"""Crops are shown of so many images at most, the first ones."""
SIDE = 128
"""Of a crop in pixels, where the images are not smaller."""

_log = logging.getLogger(__name__)


class Previews:
    """Pictures of noisy crops beside what the method makes of them, after equal parts of a fit.

    A copy of the method denoises, so training goes on as it would without. Clean images are never
    shown. A method that cannot do it, before it is trained, is left in peace.

    Args:
        method: in training.
        samples: what it is shown.
        accelerator: of the training.
        count: how many pictures; 0 for none.
        folder: of the fit.
    """

    def __init__(
        self,
        method: Method,
        samples: Sequence[Sample],
        accelerator: Accelerator,
        count: int,
        folder: Path,
    ) -> None:
        self._method = method
        self._samples = samples[:IMAGES]
        self._accelerator = accelerator
        self._count = count
        self._folder = folder
        self._shown = 0

    def write(self, done: float, name: str) -> str:
        """Write a picture, if it is time for one.

        Args:
            done: fraction of the fit that is done, in [0, 1].
            name: of the picture, without its ending.

        Returns:
            The file, by its path in the folder of the fit; empty if there is none.
        """
        due = int(done * self._count + 1e-9)
        if due <= self._shown:
            return ""
        self._shown = due
        file = f"{PREVIEWS}/{name}.png"
        try:
            noisy = self._crops()
            pairs = torch.cat([noisy, self._denoised(noisy)], dim=3)
            write_image(self._folder / file, to_array(torch.cat(list(pairs), dim=1)))
        except Exception as error:
            _log.warning("no preview at %s: %s", name, one_line(error))
            return ""
        return file

    def _crops(self) -> Tensor:
        """The middles of the first images, N x C x H x W in [0, 1]."""
        images = [to_tensor(sample.noisy()) for sample in self._samples]
        height, width = (min([SIDE, *(image.shape[axis] for image in images)]) for axis in (1, 2))
        return torch.stack([center_crop(image, [height, width]) for image in images])

    def _denoised(self, noisy: Tensor) -> Tensor:
        """What a copy of the method makes of a batch; every step of training seeds itself anew."""
        seed_all(0)
        with self._accelerator.autocast():
            denoised = denoise(deepcopy(self._method), noisy.to(self._accelerator.device))
        return denoised.float().cpu()
