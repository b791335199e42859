"""The contract of a viewer: a page of photographs, whatever their names hold and their size is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np

from harness.data.images import write_image
from harness.photos.comparing import PhotoPair
from harness.specs import ViewerSpec
from harness.testing.contracts.base import Contract, failing_with
from harness.testing.contracts.images import clean_image, noisy_image
from harness.testing.contracts.text import check_format

NAMES = ("portrait.png", "a&b\"c'<script>alert(1)<i>.png", "é中 {{7*7}}.png")
"""Names of photographs, some of which mean something to HTML and to templates."""

SIZES = ((1, 1, 3), (24, 17, 1), (9, 40, 3))
"""Height, width and channels of the photographs."""


class ViewerContract(Contract):
    """What every viewer must do with photographs of hostile names, in grey and colour."""

    kind: ClassVar[str] = "viewer"

    def test_it_makes_the_text_of_a_page(self) -> None:
        """The page is text, also of no photograph at all."""
        with photographs() as pairs:
            for given in (pairs, []):
                page = self.page(given)
                assert isinstance(page, str), (
                    f"of {len(given)} photographs it makes a {type(page).__name__}: return the "
                    "text of the page"
                )

    def test_every_photograph_is_named(self) -> None:
        """Who looks for one finds it."""
        with photographs() as pairs:
            page = self.page(pairs)
        assert NAMES[0] in page, f"the photograph {NAMES[0]!r} is nowhere on the page"

    def test_hostile_names_harm_no_page(self) -> None:
        """Names are text, and no part of the format."""
        with photographs() as pairs:
            check_format(self.spec.filename, self.page(pairs))

    def test_photographs_make_the_same_page_again(self) -> None:
        """It depends on nothing but the photographs."""
        with photographs() as pairs:
            assert self.page(pairs) == self.page(pairs), (
                "made twice of the same photographs, the page differs: leave out the time of its "
                "making, and sort sets"
            )

    @property
    def spec(self) -> ViewerSpec:
        """What the viewer states of itself."""
        spec = self.entry.spec
        assert isinstance(spec, ViewerSpec)
        return spec

    def page(self, pairs: list[PhotoPair]) -> str:
        """What the viewer makes of photographs."""
        view = self.registry.build(self.reference)
        with failing_with(f"{len(pairs)} photographs with names such as {NAMES[1]!r}"):
            made: str = view(pairs)
        return made


@contextmanager
def photographs() -> Iterator[list[PhotoPair]]:
    """Photographs before and after, while their files are needed."""
    with TemporaryDirectory() as folder:
        pairs = []
        for index, (name, (height, width, channels)) in enumerate(zip(NAMES, SIZES, strict=True)):
            clean = clean_image(height, width, channels, index)
            files = [Path(folder) / f"{index}-{half}.png" for half in ("noisy", "denoised")]
            for path, image in zip(files, (noisy_image(clean, index), clean), strict=True):
                write_image(path, image.astype(np.uint8))
            pairs.append(PhotoPair(name, *files))
        yield pairs
