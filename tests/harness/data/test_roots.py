import pytest

from harness.data.roots import Roots
from harness.errors import DataError
from harness.plugin.registry import load_registry


@pytest.fixture
def registry(monkeypatch, tmp_path):
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    return load_registry()


def test_a_root_is_found_by_name_and_made_absolute(registry, tmp_path, monkeypatch):
    (tmp_path / "data" / "polyu").mkdir(parents=True)
    polyu = registry.choose("dataset", "polyu")

    def root(roots, dataset=polyu):
        return roots.rooted(dataset, registry).parameters["root"]

    assert root(Roots({"polyu": tmp_path})) == str(tmp_path)
    given = registry.choose("dataset", "polyu[root=here]")
    assert root(Roots({"polyu": tmp_path}), given) == str(tmp_path / "here")
    below = str(tmp_path / "data" / "polyu")
    assert root(Roots(base=tmp_path / "data")) == below
    monkeypatch.setenv("HARNESS_DATA", "data")
    assert root(Roots()) == below
    with pytest.raises(DataError, match=r"say --root cc15=DIR"):
        root(Roots(), registry.choose("dataset", "cc15"))


def test_a_folder_of_data_is_found_in_any_case(registry, tmp_path):
    folder = tmp_path / "PolyU"
    folder.mkdir()
    polyu = registry.choose("dataset", "polyu")
    rooted = Roots(base=tmp_path).rooted(polyu, registry)
    assert rooted.parameters["root"] == str(folder)
    assert rooted.label == "polyu"


def test_a_dataset_that_needs_no_folder_gets_none(registry):
    camera = registry.choose("dataset", "camera")
    assert Roots().rooted(camera, registry) == camera


def test_all_missing_folders_are_named_at_once_with_the_reason(registry, tmp_path):
    polyu, cc15, camera = (registry.choose("dataset", name) for name in ("polyu", "cc15", "camera"))
    needed = [(polyu, ""), (camera, ""), (cc15, "which polyu is trained on")]
    with pytest.raises(DataError) as error:
        Roots().check(needed, registry)
    assert str(error.value) == (
        "no folder is known for dataset 'polyu' and 'cc15', which polyu is trained on; say "
        "--root polyu=DIR --root cc15=DIR, or --data-root DIR for a folder that holds folders by "
        "name"
    )
    with pytest.raises(DataError, match=rf"{tmp_path} holds no folder of that name: say --root"):
        Roots(base=tmp_path).check(needed, registry)


def test_the_home_of_nobody_is_one_clear_line(registry):
    nobody = registry.choose("dataset", "folder[root=~nobody-here/set]")
    with pytest.raises(DataError, match=r"^cannot find the home folder in ~nobody-here/set;"):
        Roots().rooted(nobody, registry)


def test_the_variable_may_name_such_a_home_too(registry, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", "~nobody-here/set")
    folder = registry.choose("dataset", "folder")
    with pytest.raises(DataError, match=r"^cannot find the home folder in ~nobody-here/set;"):
        Roots().rooted(folder, registry)
