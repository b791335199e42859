"""What a result depends on changes the digest of its sources, and nothing else does."""

import pytest

from harness.errors import PluginError
from harness.plugin import sources
from harness.plugin.registry import LoadSettings, load_registry
from harness.plugin.sources import Sources
from harness.testing import fake_distribution

HOOKS = """
from harness import MethodSpec, hookimpl

@hookimpl
def harness_register_methods():
    return MethodSpec(name="{name}", target="{target}", summary="A method.")
"""


def digest(name="mine", settings=None):
    registry = load_registry(settings)
    return registry.plugin_sources(registry.find("method", name))


@pytest.fixture
def packages(site):
    """A plugin that imports a second plugin, a shared package, and an ordinary library."""
    fake_distribution(
        site,
        "mine",
        entry_points={"mine": "mine.hooks", "other": "other.hooks"},
        modules={
            "mine.hooks": HOOKS.format(name="mine", target="mine.method:Mine"),
            "mine.method": "from mine.helper import x\nfrom other import net",
            "mine.helper": "x = 1\ndef late():\n    import harness_shared_here.deep",
            "other.hooks": HOOKS.format(name="other", target="other.net:Other"),
            "other.net": "import library",
            "harness_shared_here.deep": "y = 2",
            "library.code": "z = 3",
        },
    )
    return site


@pytest.mark.parametrize(
    "file", ["mine/method.py", "mine/helper.py", "other/net.py", "harness_shared_here/deep.py"]
)
def test_a_change_in_what_a_method_imports_changes_its_digest(packages, file):
    before = digest()
    (packages / file).write_text((packages / file).read_text() + "\n# changed")
    assert digest() != before


def test_a_new_file_of_the_package_changes_the_digest(packages):
    before = digest()
    (packages / "mine" / "recipe.yaml").write_text("iterations: 3")
    assert digest() != before


def test_any_file_of_the_package_counts_but_caches_and_leftovers(packages):
    before = digest()
    for name in (
        "__pycache__/x.cpython-311.pyc",
        "x.pyc",
        "method.py~",
        ".#method.py",
        ".DS_Store",
    ):
        path = packages / "mine" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("left behind")
    assert digest() == before
    (packages / "mine" / "README").write_text("What it is.")
    with_readme = digest()
    (packages / "mine" / "weights").mkdir()
    (packages / "mine" / "weights" / "net.npz").write_bytes(b"\0\1")
    with_weights = digest()
    (packages / "mine" / "weights" / "net.npz").write_bytes(b"\0\2")
    assert len({before, with_readme, with_weights, digest()}) == 4


@pytest.mark.parametrize("told_by", ["top_level.txt", "RECORD"])
def test_every_package_of_an_installed_distribution_counts(packages, told_by):
    (packages / "mine_tables").mkdir()
    (packages / "mine_tables" / "__init__.py").touch()
    table = packages / "mine_tables" / "table.txt"
    table.write_text("1")
    lines = {
        "top_level.txt": "mine\nmine_tables\n",
        "RECORD": "mine/method.py,,\nmine_tables/__init__.py,,\nmine-1.0.dist-info/RECORD,,\n",
    }
    (packages / "mine-1.0.dist-info" / told_by).write_text(lines[told_by])
    before = digest()
    table.write_text("2")
    assert digest() != before


def test_a_library_does_not_change_the_digest(packages):
    before = digest()
    (packages / "library" / "code.py").write_text("z = 4")
    assert digest() == before


def test_a_plugin_that_is_not_imported_does_not_change_the_digest(packages):
    before = digest("other")
    (packages / "mine" / "method.py").write_text("")
    assert digest("other") == before


def test_a_digest_is_the_same_wherever_the_sources_lie(packages, tmp_path, monkeypatch):
    before = digest()
    moved = packages.rename(tmp_path / "elsewhere")
    monkeypatch.syspath_prepend(moved)
    import sys

    for name in [name for name in sys.modules if name.split(".")[0] in ("mine", "other")]:
        del sys.modules[name]
    assert digest() == before


@pytest.fixture
def beside(site, tmp_path):
    """The folder of a single-file plugin with what it may read."""
    folder = tmp_path / "mine"
    (folder / "package").mkdir(parents=True)
    (folder / "data").mkdir()
    source = """
import importlib

import imported

def read():
    open("table.txt")
    open("data/more.txt")
    open(f"{__file__}/../last.txt")
    importlib.import_module("late")
"""
    files = {
        "one_file.py": source + HOOKS.format(name="mine", target="one_file:Mine"),
        "imported.py": "x = 1",
        "late.py": "import package",
        "package/__init__.py": "name = 'named_elsewhere.bin'",
        "package/deep.py": "x = 1",
        "package/data.bin": "1",
        "table.txt": "1",
        "data/more.txt": "1",
        "last.txt": "1",
        "named_elsewhere.bin": "1",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def digest_beside(folder):
    return digest(settings=LoadSettings((str(folder / "one_file.py"),)))


@pytest.mark.parametrize(
    "name",
    [
        "one_file.py",
        "imported.py",
        "late.py",
        "package/deep.py",
        "package/data.bin",
        "table.txt",
        "data/more.txt",
        "last.txt",
        "named_elsewhere.bin",
    ],
)
def test_what_a_single_file_plugin_may_read_in_its_folder_changes_its_digest(beside, name):
    before = digest_beside(beside)
    (beside / name).write_text((beside / name).read_text() + "\n# changed")
    assert digest_beside(beside) != before


def test_a_new_module_beside_a_single_file_plugin_changes_its_digest(beside):
    before = digest_beside(beside)
    (beside / "new.py").write_text("x = 1")
    assert digest_beside(beside) != before


def test_other_files_beside_a_single_file_plugin_do_not_change_its_digest(beside):
    before = digest_beside(beside)
    for name in ("out.txt", "run.log", "runs/latest/table.json", "__pycache__/late.pyc", ".x.py"):
        path = beside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert digest_beside(beside) == before


def test_a_digest_of_a_single_file_plugin_is_the_same_wherever_it_lies(beside, tmp_path):
    import sys

    before = digest_beside(beside)
    moved = beside.rename(tmp_path / "elsewhere")
    for name in ("one_file", "imported", "late", "package"):
        sys.modules.pop(name, None)
    sys.path.remove(str(beside))
    assert digest_beside(moved) == before


def test_one_instance_reads_every_file_once_and_a_fresh_one_looks_again(packages, monkeypatch):
    parsed, digested = [], []
    for list_, name in ((parsed, "_parsed"), (digested, "digest_of")):
        real = getattr(sources, name)
        monkeypatch.setattr(
            sources, name, lambda path, list_=list_, real=real: list_.append(path) or real(path)
        )
    registry = load_registry()
    held = Sources()
    mine = registry.find("method", "mine")
    first = [registry.plugin_sources(mine, held), registry.plugin_sources(mine, held)]
    registry.plugin_sources(registry.find("method", "other"), held)
    assert len(parsed) == len(set(parsed))
    assert len(digested) == len(set(digested))
    (packages / "mine" / "method.py").write_text("x = 3")
    assert {*first, registry.plugin_sources(mine, held)} == {first[0]}
    assert registry.plugin_sources(mine, Sources()) != first[0]


@pytest.fixture
def room(site, monkeypatch):
    """A room of a core that lies elsewhere."""
    folder = site / "core" / "data"
    folder.mkdir(parents=True)
    (site / "core" / "__init__.py").touch()
    (site / "core" / "specs.py").write_text("x = 1")
    (folder / "images.py").write_text("x = 1")
    monkeypatch.setattr(sources, "_CORE", "core")
    return folder


@pytest.mark.parametrize("name", ["images.py", "new.py", "table.txt", "deep/new.py"])
def test_every_file_of_a_room_counts(room, name):
    before = Sources().room_digest("data")
    (room / name).parent.mkdir(exist_ok=True)
    (room / name).write_text("x = 2")
    assert Sources().room_digest("data") != before


def test_a_room_may_be_one_file_and_others_do_not_count(room):
    before = Sources().room_digest("specs")
    (room / "images.py").write_text("x = 2")
    assert Sources().room_digest("specs") == before
    (room.parent / "specs.py").write_text("x = 2")
    assert Sources().room_digest("specs") != before


def test_a_room_that_is_not_there_is_an_error():
    with pytest.raises(PluginError, match=r"sources of module .harness\.attic."):
        Sources().room_digest("attic")


def test_of_the_core_only_the_part_that_holds_the_target_counts():
    registry = load_registry()
    metrics = {name: registry.find("metric", name) for name in ("psnr", "ssim")}
    assert registry.plugin_sources(metrics["psnr"]) == registry.plugin_sources(metrics["ssim"])
    report = registry.find("launcher", "local")
    assert registry.plugin_sources(report) != registry.plugin_sources(metrics["psnr"])


def test_sources_that_cannot_be_found_are_an_error(install):
    install("lost", HOOKS.format(name="lost", target="no_such_place.method:Mine"))
    with pytest.raises(PluginError, match="cannot find the sources of module 'no_such"):
        digest("lost")
