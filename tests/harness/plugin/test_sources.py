"""What a result depends on changes the digest of its sources, and nothing else does."""

import pytest

from harness.errors import PluginError
from harness.plugin.registry import LoadSettings, load_registry
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
        monkeypatch.delitem(sys.modules, name)
    assert digest() == before


def test_a_file_beside_a_single_file_plugin_changes_its_digest(site, tmp_path):
    plugin = tmp_path / "one_file.py"
    plugin.write_text("import beside_one\n" + HOOKS.format(name="mine", target="one_file:Mine"))
    (tmp_path / "beside_one.py").write_text("from beside_two import x")
    (tmp_path / "beside_two.py").write_text("x = 1")
    settings = LoadSettings((str(plugin),))
    before = digest(settings=settings)
    (tmp_path / "beside_two.py").write_text("x = 2")
    assert digest(settings=settings) != before


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
