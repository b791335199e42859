"""The commands on datasets, from the command line."""

import hashlib
import json

import numpy as np
import pytest

from harness import write_image
from harness.data.kept_roots import configuration_file
from harness.data.prepared import NOISY

COUNT = 3
DIGESTS = ("sha256", "pixels")


def pixels(seed, side=130):
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)


@pytest.fixture
def pairs(tmp_path):
    folder = tmp_path / "data" / "folder"
    for index in range(COUNT):
        write_image(folder / "noisy" / f"{index}.png", pixels(index))
        write_image(folder / "clean" / f"{index}.png", pixels(100 + index))
    return folder


def part_of_cc15(folder, count=2):
    for index in range(1, count + 1):
        for half in ("real", "mean"):
            write_image(folder / f"d800_iso1600_{index}_{half}.png", pixels(index + len(half) * 9))


def listed(run, *arguments):
    code, out, err = run("data", "list", "--json", *arguments)
    assert (code, err) == (0, "")
    data = json.loads(out)
    assert data["kind"] == "data"
    return {each["name"]: each for each in data["datasets"]}


def test_a_list_says_of_every_dataset_whether_it_is_here_and_where(
    in_process, pairs, tmp_path, monkeypatch
):
    part_of_cc15(tmp_path / "elsewhere")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    found = listed(in_process, "--root", f"cc15={tmp_path / 'elsewhere'}")
    assert found["camera"]["state"] == "needs nothing"
    assert found["polyu"] == {
        "name": "polyu",
        "state": "not here",
        "images": None,
        "expected": None,
        "folder": None,
        "origin": "",
        "problem": "no folder is known",
        "prepared": [],
        "interrupted": [],
    }
    assert (found["cc15"]["state"], found["cc15"]["images"], found["cc15"]["expected"]) == (
        "partial",
        2,
        15,
    )
    assert (found["cc15"]["origin"], found["cc15"]["folder"]) == (
        "flag",
        str(tmp_path / "elsewhere"),
    )
    assert (found["folder"]["state"], found["folder"]["images"]) == ("here", COUNT)
    assert (found["folder"]["origin"], found["folder"]["folder"]) == ("environment", str(pairs))


def test_a_list_is_read_by_people_too(in_process, pairs, tmp_path):
    part_of_cc15(tmp_path / "data" / "cc15")
    _, out, _ = in_process("data", "list", "--data-root", str(tmp_path / "data"))
    rows = {line.split()[0]: " ".join(line.split()) for line in out.splitlines() if line.strip()}
    assert rows["camera"].startswith("camera needs nothing 15")
    assert rows["cc15"].startswith("cc15 partial (2 of 15) 2 ")
    assert rows["folder"].startswith(f"folder here {COUNT} ")
    assert rows["polyu"] == "polyu not here"


def test_a_folder_without_the_files_is_told_in_the_list(in_process, tmp_path):
    (tmp_path / "data" / "polyu").mkdir(parents=True)
    found = listed(in_process, "--data-root", str(tmp_path / "data"))["polyu"]
    assert found["state"] == "not here"
    assert found["problem"].startswith("no images in ")


def test_a_plugin_that_fails_is_told_in_the_list(in_process, tmp_path):
    (tmp_path / "mine.py").write_text(BREAKS)
    found = listed(in_process, "--plugin", "mine.py")["breaks"]
    assert found["state"] == "unusable"
    assert found["problem"].startswith("RuntimeError: no luck (")


BREAKS = """
from harness import Dataset, DatasetSpec, hookimpl

@hookimpl
def harness_register_datasets():
    return DatasetSpec(name="breaks", target="mine:Breaks", summary="It breaks.")

class Breaks(Dataset):
    def samples(self, split):
        raise RuntimeError("no luck")
"""


def test_a_folder_is_kept_and_then_known_to_every_command(in_process, pairs):
    code, out, err = in_process("data", "path", "folder", "data/folder")
    assert (code, err) == (0, "")
    assert out == f"folder: {pairs}, kept in {configuration_file()}\nfolder is here\n"
    assert in_process("data", "path", "folder") == (0, f"{pairs}\n", "")
    code, out, err = in_process(
        "run", "--methods", "identity", "--datasets", "folder", "--metrics", "psnr", "--dry-run"
    )
    assert (code, err) == (0, "")


def test_the_project_goes_before_the_user_and_the_environment_before_both(
    in_process, pairs, tmp_path, monkeypatch
):
    in_process("data", "path", "folder", "data/folder")
    for name in ("project", "variable"):
        part_of_cc15(tmp_path / name / "folder")
    (tmp_path / "harness.toml").write_text(f'[run]\ndata-root = "{tmp_path / "project"}"')
    assert in_process("data", "path", "folder")[1] == f"{tmp_path / 'project' / 'folder'}\n"
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "variable"))
    assert in_process("data", "path", "folder")[1] == f"{tmp_path / 'variable' / 'folder'}\n"
    _, _, err = in_process("data", "path", "folder", str(pairs))
    assert err == (
        f"by HARNESS_DATA it is {tmp_path / 'variable' / 'folder'}, which goes before it\n"
    )
    found = in_process("data", "path", "folder", "--root", "folder=here")[1]
    assert found == f"{tmp_path / 'here'}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("path", "folders"), "there is no dataset 'folders'; did you mean 'folder'?"),
        (("verify", "folders"), "there is no dataset 'folders'; did you mean 'folder'?"),
        (("path", "camera", "."), "dataset 'camera' needs no folder"),
        (
            ("path", "polyu", "nowhere"),
            "{here}/nowhere does not exist: name the folder that holds the dataset 'polyu'",
        ),
        (
            ("path", "polyu", "file"),
            "{here}/file is not a folder: name the folder that holds the dataset 'polyu'",
        ),
        (
            ("path", "polyu"),
            "no folder is known for dataset 'polyu'; say --root polyu=DIR, or --data-root DIR for "
            "a folder that holds folders by name; to keep it: harness data path polyu DIR",
        ),
        (("list", "--root", "polyu"), "cannot read --root 'polyu': write NAME=DIR"),
        (
            ("prepare", "camera", "--split", "tst"),
            "dataset 'camera' has no split 'tst'; it has train, test, tune",
        ),
        (("prepare", "polyu"), "no folder is known for dataset 'polyu'; say --root polyu=DIR, or"),
    ],
)
def test_odd_requests_are_told_in_one_line(in_process, tmp_path, arguments, told):
    (tmp_path / "file").touch()
    code, _, err = in_process("data", *arguments)
    assert code == 2
    assert err.startswith(f"error: {told.format(here=tmp_path)}")
    assert err.count("\n") == 1


def test_a_broken_configuration_is_told_and_left(in_process, tmp_path):
    configuration_file().parent.mkdir(parents=True)
    configuration_file().write_text("[roots")
    for arguments in (("list",), ("path", "polyu", str(tmp_path))):
        code, _, err = in_process("data", *arguments)
        assert code == 2
        assert err.startswith(f"error: cannot read the configuration {configuration_file()}: ")
    assert configuration_file().read_text() == "[roots"


def test_verifying_what_is_whole_finds_nothing(in_process, pairs):
    code, out, _ = in_process("data", "verify", f"folder[root={pairs}]")
    assert code == 0
    assert out.splitlines()[1:] == ["nothing is wrong"]
    assert out.startswith("folder")
    assert "images read: test 3" in out


def test_verifying_what_is_not_there_says_so(in_process):
    code, out, _ = in_process("data", "verify", "folder", "--root", "folder=nowhere", "--json")
    assert code == 2
    assert json.loads(out)["images"] == {}
    (problem,) = json.loads(out)["problems"]
    assert problem.startswith("test: cannot read images: ")
    assert problem.endswith("nowhere does not exist")


def test_a_manifest_is_written_and_another_copy_held_to_it(in_process, pairs):
    verify = ("data", "verify", "folder", "--root", f"folder={pairs}")
    assert in_process(*verify, "--write-manifest", "m.json")[0] == 0
    assert in_process(*verify, "--manifest", "m.json")[0] == 0
    write_image(pairs / "noisy" / "1.png", pixels(9) // 2)
    (pairs / "noisy" / "2.png").unlink()
    (pairs / "clean" / "2.png").unlink()
    code, out, _ = in_process(*verify, "--manifest", "m.json", "--json")
    assert code == 2
    data = json.loads(out)
    assert data["images"] == {"test": 2}
    missing, size, *digests = data["problems"]
    assert missing == "test: images of the manifest that are not here (1 of 3): 2"
    assert size.startswith("test: bytes differs (1): 1 (noisy: ")
    assert digests == [f"test: {what} differs (1): 1 (noisy)" for what in DIGESTS]


def test_images_that_another_dataset_holds_too_are_found(in_process, pairs, tmp_path):
    part_of_cc15(tmp_path / "cc15")
    write_image(pairs / "clean" / "1.png", pixels(1 + 4 * 9))
    verify = ("data", "verify", "folder", "--data-root", str(tmp_path), "--root", f"folder={pairs}")
    code, out, _ = in_process(*verify, "--against", "cc15", "--json")
    assert code == 2
    assert json.loads(out)["problems"] == [
        "images of 'test' that are in 'cc15', too, by their pixels (1 of 3): 1"
    ]
    assert in_process(*verify, "--against", "camera")[0] == 0
    code, _, err = in_process(*verify, "--against", "polyu")
    assert code == 2
    assert err.startswith("error: no folder is known for dataset 'polyu'; ")


def test_a_dataset_may_bring_its_manifest(in_process, tmp_path):
    (tmp_path / "mine.py").write_text(BRINGS)
    code, out, _ = in_process("data", "verify", "brings", "--plugin", "mine.py")
    assert code == 2
    assert "problem: test: images of the manifest that are not here (1 of 2): b" in out


BRINGS = """
import numpy as np
from harness import Dataset, DatasetSpec, Sample, hookimpl

@hookimpl
def harness_register_datasets():
    return DatasetSpec(
        name="brings", target="mine:Brings", summary="One image.", manifest="mine:MANIFEST"
    )

MANIFEST = {"splits": {"test": [{"name": "a", "noisy": {"width": 200}}, {"name": "b"}]}}

class Brings(Dataset):
    def samples(self, split):
        return [Sample("a", "a", lambda: np.zeros((200, 200, 1), np.uint8))]
"""


def test_preparing_says_where_and_how_much_and_again_that_nothing_was_to_do(
    in_process, pairs, tmp_path
):
    prepare = ("data", "prepare", "folder", "--root", f"folder={pairs}", "--store", "large")
    code, out, err = in_process(*prepare)
    assert (code, err) == (0, "")
    place = next((tmp_path / "large").iterdir())
    assert out == f"folder, test: 3 images, 304 kB in {place}, 3 of them now\n"
    assert in_process(*prepare)[1] == f"folder, test: 3 images, 304 kB in {place}, as they were\n"
    found = listed(in_process, "--root", f"folder={pairs}")["folder"]
    assert (found["prepared"], found["interrupted"]) == (["test"], [])


def test_verifying_reads_the_store_too(in_process, pairs, tmp_path):
    root = ("--root", f"folder={pairs}")
    in_process("data", "prepare", "folder", *root)
    assert in_process("data", "verify", "folder", *root)[0] == 0
    (noisy,) = (tmp_path / "cache" / "harness" / "prepared").glob(f"*/{NOISY}")
    content = noisy.read_bytes()
    noisy.write_bytes(b"\1" * 9 + content[9:])
    code, out, _ = in_process("data", "verify", "folder", *root, "--json")
    assert code == 2
    assert json.loads(out)["problems"] == [
        f"test: image '0' in {noisy} is damaged; prepare the dataset again"
    ]
    noisy.write_bytes(content)
    write_image(pairs / "noisy" / "1.png", pixels(9))
    code, out, _ = in_process("data", "verify", "folder", *root, "--json")
    assert code == 0
    assert json.loads(out)["notes"] == [
        f"test: the store {noisy.parent} is of other images or another version, and is not used; "
        "prepare the dataset again"
    ]


OFFERS = """
from harness import DatasetSpec, Download, FileDataset, FilePair, hookimpl, image_files

@hookimpl
def harness_register_datasets():
    return DatasetSpec(
        name="offers", target="mine:Offers", summary="It can be had.", needs_root=True,
        licence="CC0", licence_link="https://example.org/cc0",
        downloads=(Download(url="{url}", sha256="{sha256}", size={size}),),
    )

class Offers(FileDataset):
    def files(self, split):
        return [FilePair(path.stem, path.stem, path) for path in image_files(self.root)]
"""


@pytest.fixture
def offered(tmp_path, monkeypatch):
    """A dataset of one file that can be downloaded."""
    monkeypatch.setenv("HARNESS_OFFLINE", "0")
    write_image(tmp_path / "server" / "one.png", pixels(1))
    content = (tmp_path / "server" / "one.png").read_bytes()
    text = OFFERS.format(
        url=(tmp_path / "server" / "one.png").as_uri(),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )
    (tmp_path / "mine.py").write_text(text)
    return content


def test_a_dataset_is_downloaded_after_asking_and_its_folder_kept(in_process, offered, tmp_path):
    get = ("data", "get", "offers", "sets/offers", "--plugin", "mine.py")
    code, out, err = in_process(*get)
    assert code == 2
    assert "terms: CC0 https://example.org/cc0\n" in out
    assert err == "error: nothing was downloaded: say --yes to download without asking\n"
    assert not (tmp_path / "sets").exists()
    code, out, _ = in_process(*get, "--yes")
    assert code == 0
    assert (tmp_path / "sets" / "offers" / "one.png").read_bytes() == offered
    assert f"offers: {tmp_path / 'sets' / 'offers'}, kept in " in out
    assert listed(in_process, "--plugin", "mine.py")["offers"]["state"] == "here"
    again = in_process("data", "get", "offers", "--yes", "--plugin", "mine.py")
    assert again[0] == 0
    assert "downloaded:" not in again[1]


def test_nothing_is_downloaded_where_that_is_forbidden(in_process, offered, tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_OFFLINE", "1")
    code, _, err = in_process(
        "data", "get", "offers", "sets/offers", "--yes", "--plugin", "mine.py"
    )
    assert code == 3
    assert err.endswith("one.png: downloads are forbidden by --offline or HARNESS_OFFLINE\n")


def test_where_to_must_be_known(in_process, offered):
    code, _, err = in_process("data", "get", "offers", "--yes", "--plugin", "mine.py")
    assert code == 2
    assert err == "error: say where to: harness data get offers DIR\n"


def test_how_to_get_what_cannot_be_downloaded_is_said(in_process):
    code, out, _ = in_process("data", "get", "polyu")
    assert code == 2
    assert out.startswith("polyu is not downloaded by harness\n")
    assert "https://github.com/csjunxu/PolyU-Real-World-Noisy-Images-Dataset" in out
    assert "harness data path polyu DIR" in out
    assert in_process("data", "get", "camera")[:2] == (0, "camera needs no files\n")
