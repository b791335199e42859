"""What is shipped, and which way imports point."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from harness.plugin.discovery import DISTRIBUTION
from harness.plugin.registry import LoadSettings, load_registry

ROOT = Path(__file__).parents[1]
SOURCE_ROOTS = ("plugins", "datasets", "reports")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CORE = sorted((ROOT / "harness").rglob("*.py"))
PLUGINS = sorted(path for root in SOURCE_ROOTS for path in (ROOT / root).glob("harness_*"))


def imported(path):
    """Top-level names that a source imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("root", SOURCE_ROOTS)
def test_a_source_root_is_no_package(root):
    assert not (ROOT / root / "__init__.py").exists()


def test_every_hooks_module_has_an_entry_point():
    hooks = {f"{path.parent.name}.hooks" for root in SOURCE_ROOTS
             for path in (ROOT / root).glob("harness_*/hooks.py")}  # fmt: skip
    hooks |= {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in CORE
        if path.name == "hooks.py" and path.parent.name != "plugin"
    }
    assert set(PROJECT["project"]["entry-points"]["harness"].values()) == hooks


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_imports_no_plugin(path):
    assert {name for name in imported(path) if name.startswith("harness_")} == set()


@pytest.mark.parametrize("package", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_imports_no_other_plugin(package):
    names = set().union(*(imported(path) for path in package.rglob("*.py")))
    others = {name for name in names if name.startswith("harness_")}
    assert others <= {package.name, "harness_nets"}


def names_of_plugins():
    """Names of this project's methods, datasets, networks and suites."""
    registry = load_registry(LoadSettings(autoload=False))
    return {
        entry.spec.name
        for kind in ("method", "dataset", "network", "suite")
        for entry in registry.entries(kind)
        if entry.owner.distribution == DISTRIBUTION
    }


def chosen_by_name(source):
    """Words in the texts that calls such as ``registry.choose`` are given."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    texts = [
        node.value
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr.startswith(("choose", "find"))
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        for node in ast.walk(argument)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {word for text in texts for word in re.findall(r"[\w-]+", text)}


def test_the_core_names_no_plugin():
    words = {"folder", "identity", "oracle"}  # which mean something else as well
    names = names_of_plugins()
    names |= {path.name.removeprefix("harness_") for path in (ROOT / "plugins").glob("harness_*")}
    names -= {"nets", "noise", "controls", "classical", "baselines", "trackers"}
    assert words < names
    naming = set()
    for path in CORE:
        source = path.read_text(encoding="utf-8")
        told = set(re.findall(r"[\w-]+", source.lower()))
        naming |= {(path.name, name) for name in (names - words) & told}
        naming |= {(path.name, name) for name in words & chosen_by_name(source)}
    assert naming == set()


def test_every_package_says_that_it_is_typed():
    assert [
        path.name for path in [ROOT / "harness", *PLUGINS] if not (path / "py.typed").exists()
    ] == []


def test_hugging_faces_datasets_is_not_hidden():
    program = (
        "import importlib.util; spec = importlib.util.find_spec('datasets'); "
        "print(spec.origin if spec else None)"
    )
    origin = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert origin == "None" or "site-packages" in origin


@pytest.mark.slow
def test_the_wheel_holds_the_harness_and_its_plugins_only(wheel):
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    packages = {name.partition("/")[0] for name in names}
    assert packages == {"harness", *(path.name for path in PLUGINS)}
    assert {f"{package}/py.typed" for package in packages} <= set(names)
    sources = [path for package in (ROOT / "harness", *PLUGINS) for path in package.rglob("*.py")]
    assert sum(name.endswith(".py") for name in names) == len(sources)
    page = [path for path in ROOT.glob("reports/harness_reports/page/**/*") if path.is_file()]
    needed = {f"{path.relative_to(ROOT / 'reports')}" for path in page if path.suffix != ".pyc"}
    assert needed <= set(names)
    models = [*ROOT.glob("plugins/*/models/*.safetensors"), *ROOT.glob("plugins/*/models/*.md")]
    assert {f"{path.relative_to(ROOT / 'plugins')}" for path in models} <= set(names)
    assert len(models) == 2
