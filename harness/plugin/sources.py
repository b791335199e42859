"""Which sources a result depends on, found without importing them, and their digests.

Sources count whole, so that nothing that a plugin may read is forgotten:

- of the core, whole sub-packages (rooms);
- of an installed plugin, every file of its package, data included, and of the other top-level
  packages of its distribution;
- of a single-file plugin, every Python file and package that lies beside it in its folder, however
  it is imported, and every other file there that one of their string literals names, such as
  ``open("weights.txt")``. Nothing else counts of that folder, for runs and tables are kept there;
- whatever these import, in plain ``import`` statements, of other plugins and of packages named
  ``harness_*``.

Caches, hidden files and what editors leave behind are no sources.
"""

import ast
import hashlib
import importlib.util
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import Distribution, entry_points
from pathlib import Path, PurePath

from harness.errors import PluginError
from harness.plugin.discovery import DISTRIBUTION
from harness.plugin.hooks import GROUP
from harness.util.files import digest_of

_CORE = "harness"
_SHARED_PREFIX = "harness_"
_LEFTOVER = re.compile(r"__pycache__|\..*|#.*#|.*(\.py[co]|~)")
_LONGEST_NAME = 255  # bytes of a file's name

_Files = Mapping[str, Path]
"""Files by their place: the path from the root that they are found below."""


class Sources:
    """Digests of sources, each file of which is read and parsed once.

    An instance does not see what changes after it has read it; a fresh one looks again.
    """

    def __init__(self) -> None:
        self._digest_of = cache(_readable_digest)
        self._parsed = cache(_parsed)
        self._below = cache(_files_below)
        self._of_plugin = cache(self._digest_plugin)

    def room_digest(self, *rooms: str) -> str:
        """Digest whole rooms of the core.

        Args:
            rooms: sub-packages of ``harness``, such as ``data``.

        Returns:
            SHA-256 in hexadecimal.

        Raises:
            PluginError: there is no such room.
        """
        names = [f"{_CORE}.{room}" for room in rooms]
        return self._digest({name: self._files_of(_located(name), name) for name in names})

    def plugin_digest(self, module: str, plugins: Iterable[str], folders: Iterable[Path]) -> str:
        """Digest all sources that a plugin's results depend on.

        Args:
            module: where the plugin's target is; in the core, the room that it is in counts.
            plugins: top-level modules of all plugins.
            folders: those of single-file plugins.

        Returns:
            SHA-256 in hexadecimal; it does not depend on where the sources lie.

        Raises:
            PluginError: the module's sources cannot be found, or not be read.
        """
        parts = module.split(".")
        start = ".".join(parts[:2]) if parts[0] == _CORE else parts[0]
        return self._of_plugin(start, frozenset(plugins), tuple(folders))

    def _digest_plugin(self, start: str, plugins: frozenset[str], folders: tuple[Path, ...]) -> str:
        counting = {start, *plugins}
        found: dict[str, _Files] = {}
        waiting = [start]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            counts = name in counting or name.startswith(_SHARED_PREFIX)
            places = (_located(name) if counts else []) or _lying_in(folders, name)
            if not places and name != start:
                continue
            companions = self._companions.get(name, frozenset())
            counting |= companions
            found[name] = self._files_of(places, name, folders)
            waiting += sorted(self._imports(found[name]) | companions)
        return self._digest(found)

    def _files_of(self, places: list[Path], name: str, folders: Iterable[Path] = ()) -> _Files:
        """The files of a module or package that lies in some places, usually one."""
        if not places:
            raise PluginError(f"cannot find the sources of module {name!r}")
        (first, *_) = places
        if first.is_file() and first.parent in folders:
            return self._beside(first.parent)
        return {place: file for root in places for place, file in self._below(root).items()}

    def _beside(self, folder: Path) -> _Files:
        """The files of a folder of single-file plugins that count."""
        roots = [path for path in sorted(folder.iterdir()) if _is_module(path)]
        sources = [file for root in roots for file in self._below(root).values()]
        literals = {text for file in sources for text in self._parsed(file).literals}
        files = {*sources, *_named_files(folder, literals)}
        return {file.relative_to(folder).as_posix(): file for file in files}

    def _imports(self, files: _Files) -> set[str]:
        """The top-level names that files import, but for the core's."""
        return {name for file in files.values() for name in self._parsed(file).imports} - {_CORE}

    @cached_property
    def _companions(self) -> Mapping[str, frozenset[str]]:
        """By top-level package of an installed plugin: those of its distribution."""
        companions: dict[str, frozenset[str]] = {}
        for distribution in {point.dist for point in entry_points(group=GROUP)}:
            if distribution is None or distribution.metadata["Name"] == DISTRIBUTION:
                continue
            names = _top_level_names(distribution)
            companions |= {name: companions.get(name, frozenset()) | names for name in names}
        return companions

    def _digest(self, found: Mapping[str, _Files]) -> str:
        digest = hashlib.sha256()
        for name, files in sorted(found.items()):
            for place, file in sorted(files.items()):
                digest.update(f"{name}/{place}\0{self._digest_of(file)}\0".encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class _Parsed:
    """What a source says without being run.

    Attributes:
        imports: the top-level names of its import statements, wherever in the file.
        literals: its string literals.
    """

    imports: frozenset[str] = frozenset()
    literals: frozenset[str] = frozenset()


def _parsed(path: Path) -> _Parsed:
    if path.suffix != ".py":
        return _Parsed()
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        return _Parsed()  # then the plugin has a problem, which is told elsewhere
    imports, literals = set(), set()
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                imports |= {alias.name.partition(".")[0] for alias in node.names}
            case ast.ImportFrom(level=0, module=str(module)):
                imports.add(module.partition(".")[0])
            case ast.Constant(value=str(text)):
                literals.add(text)
    return _Parsed(frozenset(imports), frozenset(literals))


def _located(name: str) -> list[Path]:
    """The folders of a package, or the file of a module; below the top level only of the core."""
    top, *below = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except ValueError:  # a module that was made by hand has no spec
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations:  # several, if the package has no __init__.py
        roots = [Path(place, *below) for place in spec.submodule_search_locations]
        either = [path for root in roots for path in (root, root.with_suffix(".py"))]
        return [path for path in either if path.exists()]
    return [Path(spec.origin)] if spec.has_location and spec.origin else []


def _lying_in(folders: Iterable[Path], name: str) -> list[Path]:
    """The file or package of a module in folders of single-file plugins."""
    candidates = (path for folder in folders for path in (folder / f"{name}.py", folder / name))
    return [path for path in candidates if path.exists()][:1]


def _files_below(root: Path) -> _Files:
    """All files of a package, or the one of a module."""
    if root.is_file():
        return {root.name: root}
    files = {path.relative_to(root): path for path in root.rglob("*") if path.is_file()}
    return {
        place.as_posix(): path
        for place, path in files.items()
        if not any(map(_LEFTOVER.fullmatch, place.parts))
    }


def _is_module(path: Path) -> bool:
    """Whether an entry of a folder can be imported, and is not the harness itself."""
    if _LEFTOVER.fullmatch(path.name) or path.name == _CORE:
        return False
    return (path / "__init__.py").is_file() or (path.suffix == ".py" and path.is_file())


def _named_files(folder: Path, literals: Iterable[str]) -> set[Path]:
    """The files of a folder that literals name, by path or, whatever is put before, by name."""
    names = {name for literal in literals for name in (literal, PurePath(literal).name)}
    inside = (name for name in names if not {"/", ".."} & set(PurePath(name).parts))
    short = (name for name in inside if len(name.encode(errors="replace")) <= _LONGEST_NAME)
    return {path for path in (folder / name for name in short) if path.is_file()}


def _top_level_names(distribution: Distribution) -> frozenset[str]:
    """The top-level modules and packages of a distribution, as far as its installer tells."""
    if text := distribution.read_text("top_level.txt"):
        return frozenset(text.split())
    files = [file for file in distribution.files or () if file.suffix == ".py"]
    names = {file.parts[0].removesuffix(".py") for file in files}
    return frozenset(n for n in names if n.isidentifier() and not n.startswith("__editable__"))


def _readable_digest(path: Path) -> str:
    try:
        return digest_of(path)
    except OSError as error:
        raise PluginError(f"cannot read the source {path}: {error.strerror}") from error
