"""What is wrong with the image files of a set, as far as their headers tell: a line each."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from harness import DataError, FileDataset, FilePair, ImageHeader, read_header, some

Size = tuple[int, int]
"""Width and height in pixels."""


def headers_of(paths: Iterable[Path]) -> dict[Path, ImageHeader]:
    """What the headers of files say, each file once; those that cannot be read are left out."""
    headers = {}
    for path in dict.fromkeys(paths):
        with suppress(DataError):  # reading the image tells
            headers[path] = read_header(path)
    return headers


def found_pairs(dataset: FileDataset, split: str = "test") -> Sequence[FilePair]:
    """The pairs of a split; none where they cannot be found, which :meth:`samples` tells."""
    with suppress(DataError):
        return dataset.files(split)
    return ()


def other_sizes(
    headers: Mapping[Path, ImageHeader], sizes: Collection[Size], title: str
) -> Iterator[str]:
    """That images have another size than those of the set."""
    others = [path for path, header in headers.items() if size_of(header) not in sizes]
    if others:
        right = " or ".join(f"{width}x{height}" for width, height in sizes)
        yield (
            f"{_counted(others)} not {right}, as images of {title} are, such as {others[0].name} "
            f"({_text(headers[others[0]])}): another version or another set; get the original files"
        )


def of_other_kind(headers: Mapping[Path, ImageHeader], channels: int, title: str) -> Iterator[str]:
    """That images of a grey set are stored as colour, or those of a colour set as grey."""
    others = [path for path, header in headers.items() if header.shape[2] != channels]
    if others:
        stored, right = ("colour", "grey") if channels == 1 else ("grey", "colour")
        yield (
            f"{_counted(others)} stored as {stored}, and {title} is {right}, such as "
            f"{others[0].name}: get the files that are {right}, or convert them"
        )


def unknown_names(names: Iterable[str], title: str, lacks: str) -> Iterator[str]:
    """That files are named otherwise than those of the set.

    Args:
        names: of those files.
        title: of the set.
        lacks: what is not known for it.
    """
    if odd := list(names):
        yield f"names that are none of {title}'s, which leaves {lacks} unknown: {some(odd)}"


def size_of(header: ImageHeader) -> Size:
    """Width and height of an image."""
    height, width, _ = header.shape
    return width, height


def _text(header: ImageHeader) -> str:
    width, height = size_of(header)
    return f"{width}x{height}"


def _counted(paths: Collection[Path]) -> str:
    return "1 image is" if len(paths) == 1 else f"{len(paths)} images are"
