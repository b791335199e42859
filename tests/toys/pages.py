"""The examples of a page: its blocks of code, and a project that its lines run in."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from harness import write_image

ROOT = Path(__file__).parents[2]
PAGES = [
    *(path for path in sorted((ROOT / "docs").rglob("*.md")) if ".pytest_cache" not in path.parts),
    ROOT / "README.md",
]

SETTINGS = """\
plugin = ["no:datasets", "{camera}"]

[run]
budget = "quick:2it"
metrics = "psnr"
device = "cpu"
"""
"""Defaults of a project that make its runs short."""

_FENCED = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^>]+) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_INDENTED = re.compile(r"(?<=\n\n)(?:    .*\n)+")
_FILE = re.compile(r'"""(?P<name>[\w-]+\.py)\b')


@dataclass(frozen=True)
class Block:
    """A block of code on a page.

    Attributes:
        language: as behind the fence; empty where nothing says it.
        text: the code.
        line: of the page, from 1, on which it begins.
        reason: why it is not run; empty for one that is, see CONTRIBUTING.md.
    """

    language: str
    text: str
    line: int
    reason: str = ""

    @property
    def file(self) -> str:
        """Name of the file that it is the content of: its first words, in a docstring."""
        named = _FILE.match(self.text) if self.language in ("python", "py") else None
        return named["name"] if named else ""


def blocks_of(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCED.finditer(text):
        line = text.count("\n", 0, found.start("text")) + 1
        yield Block(found["language"], found["text"], line, found["reason"] or "")


def command_lines(page: Path) -> Iterator[list[str]]:
    """The words of each line of code that calls ``harness``, synopses and comments included."""
    text = page.read_text(encoding="utf-8")
    code = [block.text for block in blocks_of(page)]
    code += _INDENTED.findall(_FENCED.sub("", text))
    for line in "\n".join(code).replace("\\\n", " ").splitlines():
        if line.strip().startswith("harness "):
            yield line.partition(" #")[0].split()[1:]


def commands_in(block: Block) -> Iterator[list[str]]:
    """The words of each line of a block for a shell."""
    for line in block.text.replace("\\\n", " ").splitlines():
        if words := shlex.split(line, comments=True):
            yield [str(Path(word).expanduser()) if word.startswith("~") else word for word in words]


def unknown_in(words: list[str], group: click.Group, context: click.Context) -> list[str]:
    """What in a command line is no command and no option of one, a few words each."""
    options = {text for parameter in group.params for text in parameter.opts}
    command: click.Command = group
    for word in words:
        if isinstance(command, click.Group) and re.fullmatch(r"[a-z-]+", word):
            if word not in command.list_commands(context):
                continue  # the value of an option, or an argument
            command = command.get_command(context, word) or command
            options |= {text for parameter in command.params for text in parameter.opts}
    if command is group and not any(word.startswith("--") for word in words):
        return [f"no command in {' '.join(words)!r}"]
    options.add("--help")
    named = re.findall(r"(?<![\w-])--[a-z][a-z-]*", " ".join(words))
    return [f"{' '.join(words)!r} has no {name}" for name in named if name not in options]


def make_project(folder: Path) -> None:
    """Write what examples refer to: noisy photographs, datasets, and settings.

    The settings are defaults, so that a line runs as it stands on the page.
    """
    generator = np.random.default_rng(0)
    _write_pair(folder / "noisy.png", None, generator)
    for number in range(2):
        _write_pair(folder / "photos" / f"{number}.png", None, generator)
        _write_pair(
            folder / "pairs" / "noisy" / f"{number}.png",
            folder / "pairs" / "clean" / f"{number}.png",
            generator,
        )
        stem = f"Canon5D2_5_160_3200_chair_{number}"
        crops = folder / "data" / "polyu" / "CroppedImages"
        _write_pair(crops / f"{stem}_real.JPG", crops / f"{stem}_mean.JPG", generator)
        stem = f"d800_iso1600_{number + 1}"
        crops = folder / "data" / "cc15" / "Real_ccnoise_denoised_part"
        _write_pair(crops / f"{stem}_real.png", crops / f"{stem}_mean.png", generator)
    camera = Path(__file__).with_name("small_camera.py")
    (folder / "harness.toml").write_text(SETTINGS.format(camera=camera), encoding="utf-8")


def _write_pair(noisy: Path, clean: Path | None, generator: np.random.Generator) -> None:
    """Write a smooth image with noise, and the same without if a path is given."""
    rows, columns = np.mgrid[:96, :96]
    image = np.stack([rows, columns, rows[::-1]], axis=-1) * 2.0 + 30
    noise = generator.normal(0, 10, image.shape)
    for path, pixels in ((noisy, image + noise), (clean, image)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_image(path, pixels.clip(0, 255).astype(np.uint8))
