from harness.results.progress import Progress, ProgressFile


def test_progress_is_written_a_few_times_a_second_only(tmp_path):
    file = ProgressFile(tmp_path, interval=1000)
    assert file.read() is None
    first = Progress(0.25, "stage, loss 0.1", 12.0, "it")
    file.write(first)
    file.write(Progress(0.5, "later", 12.0, "it"))
    assert file.read() == first


def test_what_cannot_be_read_is_no_progress(tmp_path):
    (tmp_path / "progress.json").write_text("{")
    assert ProgressFile(tmp_path).read() is None
