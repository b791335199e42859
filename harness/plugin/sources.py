"""Which sources a plugin's results depend on, found without importing them."""

import ast
import hashlib
import importlib.util
from collections.abc import Iterable
from pathlib import Path

from harness.errors import PluginError

_CORE = "harness"
_SHARED_PREFIX = "harness_"
_SUFFIXES = {".py", ".json", ".toml", ".yaml", ".yml", ".cpp", ".cu", ".h"}


def sources_digest(module: str, plugins: Iterable[str], folders: Iterable[Path]) -> str:
    """Digest the sources of a module's package, and of all that it imports of other plugins.

    Args:
        module: its top-level package or single file is digested; of the core, only the sub-package
            that the module is in.
        plugins: top-level modules of plugins; packages named ``harness_*`` count as well.
        folders: of single-file plugins; what lies in them counts as well.

    Returns:
        SHA-256 in hexadecimal; it does not depend on where the sources lie.

    Raises:
        PluginError: the module's sources cannot be found.
    """
    plugins, folders = set(plugins), list(folders)
    parts = module.split(".")
    start = ".".join(parts[:2]) if parts[0] == _CORE else parts[0]
    root = _located(start)
    if root is None:
        raise PluginError(f"cannot find the sources of module {module!r}")
    roots = {start: root}
    waiting = [start]
    while waiting:
        for name in _imports(roots[waiting.pop()]) - roots.keys() - {_CORE}:
            is_plugin = name in plugins or name.startswith(_SHARED_PREFIX)
            found = _located(name) if is_plugin else _lying_in(folders, name)
            if found is not None:
                roots[name] = found
                waiting.append(name)
    return _digest(roots)


def _located(name: str) -> Path | None:
    """The folder of a package, or the file of a module; below the top level only of the core."""
    top, *below = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except ValueError:  # a module that was made by hand has no spec
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        folder = Path(next(iter(spec.submodule_search_locations)), *below)
        return next((path for path in (folder, folder.with_suffix(".py")) if path.exists()), None)
    return Path(spec.origin) if spec.has_location and spec.origin else None


def _lying_in(folders: Iterable[Path], name: str) -> Path | None:
    candidates = (path for folder in folders for path in (folder / f"{name}.py", folder / name))
    return next((path for path in candidates if path.exists()), None)


def _files(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    return sorted(path for path in root.rglob("*") if path.suffix in _SUFFIXES and path.is_file())


def _imports(root: Path) -> set[str]:
    """The top-level names that the sources below a root import, wherever in a file."""
    names: set[str] = set()
    for path in _files(root):
        if path.suffix != ".py":
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except SyntaxError:  # then the plugin has a problem, which is told elsewhere
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.partition(".")[0])
    return names


def _digest(roots: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, root in sorted(roots.items()):
        for path in _files(root):
            place = path.relative_to(root).as_posix() if root.is_dir() else path.name
            digest.update(f"{name}/{place}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
