"""The contract of a model that comes along: its file loads, and it denoises any image."""

from typing import ClassVar

import numpy as np

from harness.data.dataset import Image
from harness.models.model import Model, load_model
from harness.testing.contracts.base import Contract, failing_with
from harness.testing.contracts.images import clean_image, noisy_image

SIZES = ((1, 1), (37, 50), (64, 64))
"""Heights and widths of the images that it is given."""


class ModelContract(Contract):
    """What every model must do with images of several sizes and types."""

    kind: ClassVar[str] = "model"

    def test_its_file_says_its_terms_and_what_it_learned_from(self) -> None:
        """``harness show`` prints both, and whoever uses the model may have to."""
        header = self.model().header
        assert header.licence, "its file states no licence: say it with harness export --licence"
        assert header.trained_on, "its file does not say what it was trained on"

    def test_it_denoises_images_of_any_size_and_type(self) -> None:
        """What comes back has the shape and type of what was given."""
        model = self.model()
        for height, width in SIZES:
            noisy = noisy_of(model, height, width)
            for image in (noisy, np.uint16(257) * noisy, noisy / 255):
                with failing_with(f"an image of {height}x{width}, {image.dtype}"):
                    denoised = model.denoise(image)
                assert (denoised.shape, denoised.dtype) == (image.shape, image.dtype), (
                    f"an image of {image.shape}, {image.dtype}, comes back as {denoised.shape}, "
                    f"{denoised.dtype}"
                )

    def test_loaded_again_it_denoises_alike(self) -> None:
        """It depends on nothing but its file and the image."""
        model, again = self.model(), self.model()
        noisy = noisy_of(model, *SIZES[-1])
        assert np.array_equal(model.denoise(noisy), again.denoise(noisy)), (
            "loaded twice, it denoises one image in two ways"
        )

    def model(self) -> Model:
        """The model, loaded."""
        with failing_with(f"loading the model {self.name}"):
            return load_model(self.name, self.registry)


def noisy_of(model: Model, height: int, width: int) -> Image:
    """A noisy image with as many channels as a model takes."""
    return noisy_image(clean_image(height, width, model.header.channels or 3), seed=0)
