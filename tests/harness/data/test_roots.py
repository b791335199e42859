import pytest

from harness.data.kept_roots import configuration_file, keep_root
from harness.data.roots import Root, Roots
from harness.errors import DataError, UsageError
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
        "name; to keep it: harness data path polyu DIR"
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


def test_what_is_said_now_goes_before_the_environment_and_that_before_the_configuration(
    registry, tmp_path, monkeypatch
):
    polyu = registry.choose("dataset", "polyu")
    places = {
        name: tmp_path / name / "polyu" for name in ("flag", "variable", "project", "user", "named")
    }
    for place in places.values():
        place.mkdir(parents=True)
    project = Roots(base=tmp_path / "project")

    def found(roots):
        return roots.find(polyu)

    assert found(Roots()) is None
    keep_root("polyu", places["user"])
    assert found(Roots()) == Root(places["user"], "configuration")
    assert found(Roots(configured=project)) == Root(places["project"], "configuration")
    named = Roots({"polyu": places["named"]}, tmp_path / "project")
    assert found(Roots(configured=named)) == Root(places["named"], "configuration")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "variable"))
    assert found(Roots(configured=named)) == Root(places["variable"], "environment")
    flag = Roots(base=tmp_path / "flag", configured=named)
    assert found(flag) == Root(places["flag"], "flag")
    assert found(Roots({"polyu": places["named"]}, tmp_path / "flag")).folder == places["named"]


def test_a_folder_of_folders_without_the_dataset_hides_no_place_that_comes_after(
    registry, tmp_path, monkeypatch
):
    (tmp_path / "user").mkdir()
    keep_root("polyu", tmp_path / "user")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    polyu = registry.choose("dataset", "polyu")
    assert Roots(base=tmp_path).find(polyu) == Root(tmp_path / "user", "configuration")


def test_a_broken_configuration_of_the_user_is_told_only_where_it_is_asked(registry, tmp_path):
    configuration_file().parent.mkdir(parents=True)
    configuration_file().write_text("[roots")
    polyu = registry.choose("dataset", "polyu")
    assert Roots({"polyu": tmp_path}).find(polyu) == Root(tmp_path, "flag")
    with pytest.raises(UsageError, match=r"^cannot read the configuration .*config\.toml: "):
        Roots().find(polyu)
