"""Which files are denoised, and where each one's result goes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.data.folders import reading
from harness.data.images import SUFFIXES
from harness.errors import DataError, UsageError


@dataclass(frozen=True)
class Task:
    """A file to denoise.

    Attributes:
        source: the photograph.
        target: where its result goes.
    """

    source: Path
    target: Path


def tasks_of(
    inputs: Sequence[Path], out: Path, *, recursive: bool = False, suffix: str = ""
) -> list[Task]:
    """The files that are to be denoised, each with a place of its own.

    A file goes into ``out`` under its own name, what lies in a folder under its path from there.

    Args:
        inputs: files and folders; of folders, the images in them.
        out: folder of the results.
        recursive: take the sub-folders of folders too.
        suffix: ending of all results, such as ``.png``; empty: that of each source.

    Raises:
        DataError: an input is missing, or a folder has no image in it.
        UsageError: two results would have one place, or one that of its source.
    """
    tasks: dict[Path, Task] = {}
    for source, name in _named(inputs, out, recursive=recursive):
        target = out / (name.with_suffix(suffix) if suffix else name)
        if target.resolve() == source.resolve():
            raise UsageError(f"--out {out}: the result of {source} would take its place")
        other = tasks.setdefault(target, Task(source, target))
        if other.source.resolve() != source.resolve():
            raise UsageError(
                f"{other.source} and {source} would both become {target}: denoise them into "
                "folders of their own"
            )
    return list(tasks.values())


def _named(inputs: Iterable[Path], out: Path, *, recursive: bool) -> Iterator[tuple[Path, Path]]:
    """Every file, with the name of its result below ``out``; what lies there is no input."""
    own = out.resolve()
    for given in inputs:
        if not given.exists():
            raise DataError(f"cannot read images: {given} does not exist")
        if not given.is_dir():
            yield given, Path(given.name)
            continue
        with reading(given):
            below = sorted(given.rglob("*") if recursive else given.iterdir())
            found = [
                path for path in below if _is_image(path) and own not in path.resolve().parents
            ]
        if not found:
            where = "it, at any depth" if recursive else "it (--recursive for its sub-folders)"
            raise DataError(f"no images in {given}: no {', '.join(SUFFIXES)} lies in {where}")
        for path in found:
            yield path, path.relative_to(given)


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
