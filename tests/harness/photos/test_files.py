"""Which files are denoised, and where results go."""

import os
from pathlib import Path

import pytest

from harness.errors import DataError, UsageError
from harness.photos.files import tasks_of


def _touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def _targets(tasks, out):
    return [str(each.target.relative_to(out)) for each in tasks]


def test_files_and_folders_are_taken_under_their_names(tmp_path):
    _touch(tmp_path, "a.jpg", "more/b.PNG", "more/c.tiff", "more/.hidden.png", "more/notes.txt")
    out = tmp_path / "out"
    tasks = tasks_of([tmp_path / "a.jpg", tmp_path / "more"], out)
    assert _targets(tasks, out) == ["a.jpg", "b.PNG", "c.tiff"]
    assert not out.exists()


def test_sub_folders_are_taken_if_asked_for_and_keep_their_paths(tmp_path):
    _touch(tmp_path / "photos", "a.jpg", "2024/a.jpg", "2024/may/b.jpg")
    out = tmp_path / "out"
    assert _targets(tasks_of([tmp_path / "photos"], out), out) == ["a.jpg"]
    deep = tasks_of([tmp_path / "photos"], out, recursive=True)
    assert sorted(_targets(deep, out)) == ["2024/a.jpg", "2024/may/b.jpg", "a.jpg"]


def test_results_that_lie_in_the_input_are_not_denoised_again(tmp_path):
    _touch(tmp_path, "a.jpg", "out/a.jpg")
    tasks = tasks_of([tmp_path], tmp_path / "out", recursive=True)
    assert _targets(tasks, tmp_path / "out") == ["a.jpg"]


def test_another_ending_is_that_of_all_results(tmp_path):
    _touch(tmp_path, "a.jpg", "b.tif")
    out = tmp_path / "out"
    assert _targets(tasks_of([tmp_path], out, suffix=".png"), out) == ["a.png", "b.png"]


def test_a_file_named_twice_is_denoised_once(tmp_path):
    _touch(tmp_path, "a.jpg")
    assert len(tasks_of([tmp_path / "a.jpg", tmp_path], tmp_path / "out")) == 1


def test_a_result_never_takes_the_place_of_its_source(tmp_path):
    _touch(tmp_path, "a.jpg")
    with pytest.raises(UsageError, match=r"the result of .*a\.jpg would take its place"):
        tasks_of([tmp_path / "a.jpg"], tmp_path)


@pytest.mark.parametrize("suffix", ["", ".png"])
def test_results_do_not_go_among_the_photographs(tmp_path, suffix):
    _touch(tmp_path, "a.jpg")
    with pytest.raises(UsageError, match="is the folder of the photographs: name another one"):
        tasks_of([tmp_path], tmp_path / "b" / "..", suffix=suffix)


def test_results_may_go_into_the_folder_around_the_photographs(tmp_path):
    _touch(tmp_path, "photos/a.jpg", "photos/2024/b.jpg")
    tasks = tasks_of([tmp_path / "photos"], tmp_path, recursive=True)
    assert _targets(tasks, tmp_path) == ["2024/b.jpg", "a.jpg"]


def test_a_result_never_takes_the_place_of_another_photograph(tmp_path):
    _touch(tmp_path, "photos/a.jpg", "photos/photos/a.jpg")
    with pytest.raises(UsageError, match=r"the result of .*photos/photos/a\.jpg would take the pl"):
        tasks_of([tmp_path / "photos"], tmp_path, recursive=True)


def test_hidden_folders_and_links_to_folders_are_left_out(tmp_path):
    _touch(tmp_path / "photos", "a.jpg", ".thumbnails/a.jpg", "2024/b.jpg")
    (tmp_path / "photos" / "2024" / "up").symlink_to(tmp_path / "photos")
    tasks = tasks_of([tmp_path / "photos"], tmp_path / "out", recursive=True)
    assert _targets(tasks, tmp_path / "out") == ["2024/b.jpg", "a.jpg"]


def test_a_folder_that_cannot_be_read_is_said_and_the_others_are_taken(
    tmp_path, monkeypatch, caplog
):
    _touch(tmp_path / "photos", "a.jpg", "locked/b.jpg")
    scan = os.scandir

    def locked(folder):
        if Path(folder).name == "locked":
            raise PermissionError(13, "Permission denied", folder)
        return scan(folder)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", locked)
        tasks = tasks_of([tmp_path / "photos"], tmp_path / "out", recursive=True)
    assert _targets(tasks, tmp_path / "out") == ["a.jpg"]
    assert caplog.messages == [f"{tmp_path / 'photos' / 'locked'} is left out: Permission denied"]


def test_two_results_of_one_name_are_refused(tmp_path):
    _touch(tmp_path, "x/a.jpg", "y/a.jpg", "z/b.jpg", "z/b.tif")
    with pytest.raises(UsageError, match=r"would both become .*: denoise them into folders of"):
        tasks_of([tmp_path / "x", tmp_path / "y"], tmp_path / "out")
    with pytest.raises(UsageError, match="would both become"):
        tasks_of([tmp_path / "z"], tmp_path / "out", suffix=".png")


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="gone does not exist"):
        tasks_of([tmp_path / "gone"], tmp_path / "out")
    _touch(tmp_path, "deep/a.jpg")
    with pytest.raises(DataError, match=r"no images in .*--recursive for its sub-folders"):
        tasks_of([Path(tmp_path)], tmp_path / "out")
    _touch(tmp_path, "raw/a.DNG")
    with pytest.raises(DataError, match=r"lies in it, at any depth; convert the \.dng there first"):
        tasks_of([tmp_path / "raw"], tmp_path / "out", recursive=True)
