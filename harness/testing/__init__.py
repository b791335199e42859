"""Aids for those who test plugins."""

from collections.abc import Mapping
from pathlib import Path

from harness.plugin.hooks import GROUP


def fake_distribution(
    folder: Path,
    name: str,
    version: str = "1.0",
    *,
    entry_points: Mapping[str, str],
    modules: Mapping[str, str] | None = None,
) -> Path:
    """Write what pip would leave behind after installing a plugin.

    With the folder on ``sys.path`` or ``PYTHONPATH``, the harness finds the plugin as if it were
    installed.

    Args:
        folder: stands for ``site-packages``.
        name: of the distribution.
        version: of the distribution.
        entry_points: of the group ``harness``: name and module.
        modules: sources by module name, such as ``{"mine.hooks": "..."}``; packages are made as
            needed.

    Returns:
        The folder.
    """
    metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [f"[{GROUP}]", *(f"{key} = {value}" for key, value in entry_points.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")
    for module, source in (modules or {}).items():
        path = folder.joinpath(*module.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent != folder:
            (path.parent / "__init__.py").touch()
        path.write_text(source, encoding="utf-8")
    return folder
