"""A small submission for tests: the denoised images in one NumPy file, as a single-file plugin."""

from functools import partial

import numpy as np

from harness import (
    Dataset,
    DatasetSpec,
    Form,
    Mistake,
    Submission,
    SubmissionSpec,
    Submitted,
    hookimpl,
    write_with,
)


@hookimpl
def harness_register_submissions():
    return [
        SubmissionSpec(
            name="contest", target="handed:Contest", summary="One file.", dataset="scenes",
            files="contest.npy",
        ),
        SubmissionSpec(
            name="fine", target="handed:Fine", summary="One file of floats.", dataset="scenes",
            bits=16, files="fine.npy",
        ),
        SubmissionSpec(
            name="lacking", target="handed:Contest", summary="Needs what there is not.",
            dataset="scenes", requires=("not-there>=1",),
        ),
        SubmissionSpec(
            name="rooted", target="handed:Rooted", summary="Of a dataset with a folder.",
            dataset="distant", files="rooted.npy",
        ),
    ]  # fmt: skip


@hookimpl
def harness_register_datasets():
    return DatasetSpec(
        name="distant", target="handed:Distant", summary="Lies somewhere.", needs_root=True
    )


class Contest(Submission):
    """All images, uint8, in one array.

    Args:
        turned: write every image upside down, as a mistake.
    """

    expected = 2
    name = "contest.npy"

    def __init__(self, turned: bool = False) -> None:
        self.turned = turned

    def files(self):
        return [self.name]

    def write(self, denoised, folder, about):
        images = np.stack([self.finished(each.read()) for each in denoised])
        images = images[:, ::-1] if self.turned else images
        write_with(folder / self.name, partial(_save, images=images))
        (folder / "about.txt").write_text(f"{about.method} {about.seconds_per_megapixel:.9f}")
        return [folder / self.name]

    def finished(self, image):
        return image

    def forms(self, path):
        path = path / self.name if path.is_dir() else path
        return [Form("NumPy file", path)] if path.is_file() and path.name == self.name else []

    def read(self, form):
        for index, pixels in enumerate(np.load(form.path)):
            yield Submitted(f"image {index}", pixels, index)
        if (form.path.parent / "late").exists():
            yield Mistake("it is late")


class Fine(Contest):
    """The same with floats."""

    dtype = "float32"
    name = "fine.npy"

    def finished(self, image):
        return (image / np.float32(65535)).astype(np.float32)


class Rooted(Contest):
    """Of a dataset whose folder nobody knows."""

    name = "rooted.npy"


class Distant(Dataset):
    """A dataset of which no image is read."""

    def __init__(self, root):
        self.root = root

    def samples(self, split):
        raise AssertionError(split)


def _save(path, images):
    with path.open("wb") as file:
        np.save(file, images)
