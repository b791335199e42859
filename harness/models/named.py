"""Models that come along with plugins, by name."""

from pathlib import Path

from harness.errors import DataError, UsageError
from harness.plugin.registry import Registry
from harness.specs import ModelSpec


def model_file(text: str | Path, registry: Registry) -> Path:
    """The file of a model.

    Args:
        text: name of a model of a plugin, or else a path, which may not exist.
        registry: has the plugins.

    Raises:
        PluginError: the plugin of that model cannot be imported.
        DataError: it says that its file is where none is.
    """
    plugin = plugin_of(text, registry)
    if not plugin:
        return Path(text)
    file = Path(registry.build(registry.choose("model", str(text))))
    if not file.is_file():
        raise DataError(f"the model {text} of plugin {plugin!r} has no file: there is no {file}")
    return file


def plugin_of(text: str | Path, registry: Registry) -> str:
    """The plugin that brings a model of this name along; empty where none does."""
    names = {entry.spec.name: entry.owner.plugin for entry in registry.entries("model")}
    return names.get(str(text), "")


def default_model(registry: Registry) -> str:
    """The name of the model for photographs when the user says nothing; empty where none is.

    Raises:
        UsageError: there are several.
    """
    found = [
        entry.spec.name
        for entry in registry.entries("model")
        if isinstance(entry.spec, ModelSpec) and entry.spec.default
    ]
    if len(found) > 1:
        raise UsageError(f"several models are the default, so say --model: {', '.join(found)}")
    return found[0] if found else ""
