"""The contract of a dataset: images that can be read, in a fixed order, told by a stable digest."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np

from harness.data.dataset import Dataset, Sample, read_pair
from harness.data.roots import Roots
from harness.errors import HarnessError
from harness.plugin.blame import FAILURES, one_line_with_place
from harness.results.reference import Reference
from harness.specs import DatasetSpec
from harness.testing.contracts.base import Contract, beside_test, failing_with, skip

FINGERPRINT = """
import json, sys
given = json.loads(sys.argv[1])
sys.path[:] = given["path"]
from harness.plugin.registry import load_registry
from harness.data.roots import Roots
from harness.specs import LoadSettings
registry = load_registry(LoadSettings(plugins=tuple(given["plugins"])))
chosen = registry.choose("dataset", given["name"])
roots = Roots(named={chosen.name: given["root"]} if given["root"] else {})
dataset = registry.build(roots.rooted(chosen, registry))
print(*map(dataset.fingerprint, given["splits"]))
"""
"""A program that prints the fingerprints of a dataset's splits."""


class DatasetContract(Contract):
    """What every dataset must do.

    One whose spec says ``needs_root`` is tested on the folder ``root``, or on files that the test
    writes in :meth:`write_files`.

    Attributes:
        root: folder with its files, relative to that of the test; empty: :meth:`write_files`
            writes them.
        images: how many images of a split are read, at most.
    """

    kind: ClassVar[str] = "dataset"
    root: ClassVar[str] = ""
    images: ClassVar[int] = 4

    def write_files(self, root: Path) -> None:
        """Write a small copy of the dataset, a few images for each split, as users have it.

        Args:
            root: an empty folder.
        """
        skip("it needs files: say root, or write some in write_files(self, root)")

    @cached_property
    def spec(self) -> DatasetSpec:
        """What the dataset states of itself."""
        spec = self.entry.spec
        assert isinstance(spec, DatasetSpec)
        return spec

    @contextmanager
    def folder(self) -> Iterator[Path | None]:
        """The folder with its files, while it is needed; None for a dataset that has none."""
        if not self.spec.needs_root:
            yield None
        elif self.root:
            yield beside_test(self, self.root)
        else:
            with TemporaryDirectory() as folder:
                self.write_files(Path(folder))
                yield Path(folder)

    def dataset(self, root: Path | None) -> Dataset:
        """The dataset, made anew."""
        named = {self.reference.name: root} if root else {}
        rooted: Reference = Roots(named=named).rooted(self.reference, self.registry)
        made: Dataset = self.registry.build(rooted)
        return made

    def test_every_split_has_images_that_can_be_read(self) -> None:
        """Noisy and clean image of a pair have one shape and type."""
        with self.folder() as root:
            for split in self.spec.splits:
                samples = self.dataset(root).samples(split)
                assert samples, f"its split {split!r}, which the spec names, has no image"
                for sample in samples[: self.images]:
                    with failing_with(f"reading {sample.name!r} of the split {split!r}"):
                        read_pair(sample)

    def test_names_are_unique(self) -> None:
        """Scores and pictures are filed under them."""
        with self.folder() as root:
            for split in self.spec.splits:
                names = [sample.name for sample in self.dataset(root).samples(split)]
                twice = sorted({name for name in names if names.count(name) > 1})
                assert not twice, f"two images of the split {split!r} are called {twice[0]!r}"

    def test_the_order_is_fixed(self) -> None:
        """Made again, it lists the same images in the same order."""
        with self.folder() as root:
            for split in self.spec.splits:
                first, second = (
                    [sample.name for sample in self.dataset(root).samples(split)] for _ in range(2)
                )
                assert first == second, (
                    f"the images of the split {split!r} come in another order when it is made "
                    "again: sort them"
                )

    def test_an_image_is_the_same_whenever_it_is_read(self) -> None:
        """Noise is drawn once and for all, and what a reader returns is nobody else's."""
        for split, sample in self._samples():
            first = sample.noisy()
            kept = first.copy()
            if first.flags.writeable:
                first[:] = 0
            assert np.array_equal(sample.noisy(), kept), (
                f"{sample.name!r} of the split {split!r} is another image when it is read again: "
                "draw its noise from a generator that is seeded by its name, and return a new array"
            )

    def test_no_two_splits_share_an_image(self) -> None:
        """Nothing that is tested on is trained on."""
        pixels: dict[str, set[bytes]] = {split: set() for split in self.spec.splits}
        for split, sample in self._samples():
            pixels[split].add(sample.noisy().tobytes())
        for first, second in combinations(pixels, 2):
            assert pixels[first].isdisjoint(pixels[second]), (
                f"the splits {first!r} and {second!r} share an image"
            )

    def test_its_fingerprint_is_stable(self) -> None:
        """Made again, also by another process, it has the same fingerprint; every split its own."""
        with self.folder() as root:
            splits = self.spec.splits
            here = [self.dataset(root).fingerprint(split) for split in splits]
            again = [self.dataset(root).fingerprint(split) for split in splits]
            assert here == again, "made again, it has another fingerprint: hash its content alone"
            assert self._fingerprints_elsewhere(root) == here, (
                "in another process it has another fingerprint: hash its content by hashlib, and "
                "neither hash() nor sets nor the time"
            )
            assert len(set(here)) == len(here), "two of its splits have one fingerprint"

    def test_groups_are_words_that_its_spec_explains(self) -> None:
        """``--test-scenes`` chooses by them."""
        for split, sample in self._samples():
            assert sample.scene, f"{sample.name!r} of the split {split!r} has no scene"
            for group, value in sample.groups.items():
                assert isinstance(value, str), (
                    f"the group {group!r} of {sample.name!r} is a {type(value).__name__}: "
                    "write it as text"
                )
                assert group in self.spec.groups, (
                    f"images have a group {group!r}, and the spec's groups do not name it: "
                    f"{self.spec.groups!r}"
                )

    def test_a_missing_folder_is_said_in_one_line(self) -> None:
        """Who named another folder is told so, without a traceback."""
        if not self.spec.needs_root:
            skip("it needs no folder")
        assert self.spec.obtain, "it needs a folder: say obtain, how users get what is in it"
        missing = Path(os.devnull) / "nothing"
        try:
            self.dataset(missing).samples(self.spec.splits[0])
        except HarnessError as error:
            said = str(error)
        except FAILURES as error:
            raise AssertionError(
                f"of a folder that does not exist it says {one_line_with_place(error)}: raise a "
                "harness.DataError that says which folder, and what to do"
            ) from error
        else:
            raise AssertionError("it finds images in a folder that does not exist")
        assert len(said.splitlines()) == 1, f"of a missing folder it says several lines: {said}"

    def _samples(self) -> Iterator[tuple[str, Sample]]:
        """The first images of every split, with its name."""
        with self.folder() as root:
            for split in self.spec.splits:
                for sample in self.dataset(root).samples(split)[: self.images]:
                    yield split, sample

    def _fingerprints_elsewhere(self, root: Path | None) -> Sequence[str]:
        """The fingerprints of all splits, as another process computes them."""
        given = {
            "path": sys.path,
            "plugins": self.plugins(),
            "name": self.name,
            "root": str(root or ""),
            "splits": self.spec.splits,
        }
        result = subprocess.run(
            [sys.executable, "-c", FINGERPRINT, json.dumps(given)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONHASHSEED": "1"},
        )
        assert result.returncode == 0, f"another process cannot open it: {result.stderr.strip()}"
        return result.stdout.split()
