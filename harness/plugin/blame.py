"""Whatever a plugin raises is the plugin's problem: one line that says where it comes from."""

import importlib.metadata
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError, PluginError
from harness.plugin.hooks import GROUP
from harness.util.text import one_line

FAILURES = (Exception, SystemExit)
"""What a plugin's code may raise without ending the run: anything but an interruption."""

_CORE = "harness"
_LIBRARIES = {"site-packages", "dist-packages"}


@dataclass(frozen=True)
class Place:
    """A line of a module.

    Attributes:
        file: that holds it.
        line: counted from 1.
        module: full name, such as ``mine.network``.
    """

    file: Path
    line: int
    module: str

    def __str__(self) -> str:
        folders = self.module.count(".") + (self.file.stem == "__init__")
        return f"{'/'.join(self.file.parts[-1 - folders :])}:{self.line}"

    @property
    def package(self) -> str:
        """The top-level package, or the module itself."""
        return self.module.partition(".")[0]


@contextmanager
def blaming(who: str) -> Iterator[None]:
    """Run the code of a plugin.

    Args:
        who: the plugin's part whose code it is, such as ``report 'html'``.

    Raises:
        HarnessError: the plugin raised it itself.
        PluginError: the plugin raised something else.
    """
    try:
        yield
    except HarnessError:
        raise
    except FAILURES as error:
        raise PluginError(f"{who} failed: {one_line_with_place(error)}") from error


def place_of(error: BaseException) -> Place | None:
    """The line of a plugin, or of a user's script, that raised an exception or led to it.

    Returns:
        The innermost place that is neither the core's nor a library's; where the core alone called
        the library that raised it, the place in the library; None where the core raised it, or
        Python on its behalf.
    """
    places = [place for place in _places(error) if not place.file.name.startswith("<")]
    plugins = {
        point.module.partition(".")[0] for point in importlib.metadata.entry_points(group=GROUP)
    }
    outside = [place for place in places if place.package != _CORE and not _is_python(place.file)]
    blamed = [
        place for place in outside if place.package in plugins or not _is_installed(place.file)
    ]
    innermost = [place for place in outside if place is places[-1]]
    return next(reversed(blamed or innermost), None)


def where_of(error: BaseException) -> str:
    """The place of :func:`place_of` as ``mine.py:12``; empty where all is in the core."""
    return str(place_of(error) or "")


def one_line_with_place(error: BaseException) -> str:
    """An exception's type, the first line of its text, and its place, if that is not the core."""
    where = where_of(error)
    return f"{one_line(error)} ({where})" if where else one_line(error)


def _places(error: BaseException) -> Iterator[Place]:
    """The places of a traceback, the outermost first."""
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        yield Place(Path(frame.f_code.co_filename), line, module)


def _is_installed(file: Path) -> bool:
    return not _LIBRARIES.isdisjoint(file.parts)


def _is_python(file: Path) -> bool:
    """Whether a file belongs to Python itself."""
    return not _is_installed(file) and file.is_relative_to(sysconfig.get_path("stdlib"))
