import argparse
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from harness.errors import DataError
from harness.methods.method import Method
from harness.methods.pretrained import load_pretrained, read_checkpoint
from harness.methods.state_dicts import load_strictly


class Trap:
    """Makes a file where it is unpickled."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return Path.touch, (self.file,)


def weights():
    return {"weight": torch.arange(6.0).view(2, 3), "bias": torch.zeros(2)}


def assert_weights(found):
    assert list(found) == ["weight", "bias"] or set(found) == {"weight", "bias"}
    assert torch.equal(found["weight"], weights()["weight"])


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".ckpt"])
def test_a_file_of_torch_save_is_read(tmp_path, suffix):
    torch.save(weights(), tmp_path / f"model{suffix}")

    assert_weights(read_checkpoint(tmp_path / f"model{suffix}"))


def test_a_file_of_an_old_torch_is_read(tmp_path):
    torch.save(weights(), tmp_path / "model.pth", _use_new_zipfile_serialization=False)

    assert_weights(read_checkpoint(tmp_path / "model.pth"))


def test_a_safetensors_file_is_read(tmp_path):
    save_file(weights(), tmp_path / "model.safetensors")

    assert_weights(read_checkpoint(tmp_path / "model.safetensors"))


def test_what_stands_beside_the_weights_is_kept(tmp_path):
    content = {"epoch": 20, "model_weight": {"denoiser": weights()}, "names": ["a", "b"]}
    torch.save(content, tmp_path / "model.pth")

    found = read_checkpoint(tmp_path / "model.pth")

    assert (found["epoch"], found["names"]) == (20, ["a", "b"])
    assert_weights(found["model_weight"]["denoiser"])


def test_the_options_of_a_training_script_are_let_through(tmp_path):
    options = argparse.Namespace(rate=0.1, name="mine")
    torch.save({"state_dict": weights(), "opt": options}, tmp_path / "model.pth")

    assert read_checkpoint(tmp_path / "model.pth")["opt"] == options


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_with_code_is_refused_in_one_line_and_not_executed(tmp_path, zipped):
    file, trapped = tmp_path / "model.pth", tmp_path / "trapped"
    torch.save({"weight": Trap(trapped)}, file, _use_new_zipfile_serialization=zipped)

    with pytest.raises(DataError) as caught:
        read_checkpoint(file)

    assert not trapped.exists()
    assert str(caught.value) == (
        f"{file} is not a file of plain weights, and is not loaded: it is damaged, or holds "
        "objects whose code would run"
    )


def test_a_plain_pickle_with_code_is_refused_and_not_executed(tmp_path):
    file, trapped = tmp_path / "model.pth", tmp_path / "trapped"
    file.write_bytes(pickle.dumps({"weight": Trap(trapped)}, protocol=2))

    with pytest.raises(DataError, match="not a file of plain weights"):
        read_checkpoint(file)

    assert not trapped.exists()


def test_the_trap_of_these_tests_does_snap(tmp_path):
    pickle.loads(pickle.dumps(Trap(tmp_path / "trapped")))  # the tests above prove nothing else

    assert (tmp_path / "trapped").exists()


@pytest.mark.parametrize("name", ["model.pth", "model.safetensors"])
def test_a_missing_file_is_said_to_be_missing(tmp_path, name):
    with pytest.raises(DataError) as caught:
        read_checkpoint(tmp_path / name)

    assert str(caught.value) == f"there is no weights file {tmp_path / name}"


@pytest.mark.parametrize("name", ["model.pth", "model.safetensors"])
@pytest.mark.parametrize("content", [b"", b"no weights", bytes(range(256))])
def test_a_damaged_file_is_refused_in_one_line(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(DataError) as caught:
        read_checkpoint(tmp_path / name)

    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_truncated_file_is_refused_in_one_line(tmp_path):
    file = tmp_path / "model.pth"
    torch.save(weights(), file)
    file.write_bytes(file.read_bytes()[:-200])

    with pytest.raises(DataError) as caught:
        read_checkpoint(file)

    assert "\n" not in str(caught.value)


def test_a_folder_is_refused_in_one_line(tmp_path):
    with pytest.raises(DataError, match=f"cannot read the weights in {tmp_path}"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("content", "kind"), [([torch.zeros(1)], "list"), (torch.zeros(1), "Tensor")]
)
def test_a_file_of_something_else_is_no_checkpoint(tmp_path, content, kind):
    torch.save(content, tmp_path / "model.pth")

    with pytest.raises(DataError) as caught:
        read_checkpoint(tmp_path / "model.pth")

    assert str(caught.value) == f"{tmp_path / 'model.pth'} holds a {kind}, not weights by name"


def holding_itself():
    content = {}
    content["self"] = content
    return content | weights()


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        ({0: torch.zeros(1)}, "a key is 0, and no text"),
        ({"a": torch.zeros(1), ("b", 1): 2}, "a key is ('b', 1), and no text"),
        ({"a": torch.zeros(1, device="meta")}, "it holds a tensor without numbers"),
        ({"model": {"a": [torch.zeros(1, device="meta")]}}, "it holds a tensor without numbers"),
        ({"a": torch.eye(2).to_sparse()}, "it holds a tensor that is sparse or quantized"),
        ({"a": torch.eye(2).to_sparse_csr()}, "it holds a tensor that is sparse or quantized"),
    ],
)
@pytest.mark.filterwarnings("ignore:Sparse CSR:UserWarning")
def test_what_is_no_plain_weights_by_name_is_refused_in_one_line(tmp_path, content, mistake):
    file = tmp_path / "model.pth"
    torch.save(content, file)

    with pytest.raises(DataError) as caught:
        read_checkpoint(file)

    assert str(caught.value) == f"{file} is not a file of plain weights by name: {mistake}"


def test_a_file_that_holds_itself_is_read(tmp_path):
    torch.save(holding_itself(), tmp_path / "model.pth")

    assert torch.equal(read_checkpoint(tmp_path / "model.pth")["weight"], weights()["weight"])


class Nested(Method):
    """Expects its weights one floor down."""

    def __init__(self):
        super().__init__()
        self.net = nn.Linear(3, 2)

    def denoise(self, noisy):
        return noisy

    def load_pretrained(self, checkpoint):
        load_strictly(self.net, checkpoint["model"]["denoiser"])


def test_the_weights_of_a_file_are_loaded_as_the_method_reads_them(tmp_path):
    torch.save({"model": {"denoiser": weights()}}, tmp_path / "model.pth")
    method = Nested()

    load_pretrained(method, tmp_path / "model.pth")

    assert torch.equal(method.net.weight, weights()["weight"])


@pytest.mark.parametrize("content", [{"model": 3}, {"model": {}}, {}])
def test_a_file_that_the_method_cannot_take_apart_is_refused_in_one_line(tmp_path, content):
    file = tmp_path / "model.pth"
    torch.save(content, file)

    with pytest.raises(DataError) as caught:
        load_pretrained(Nested(), file)

    assert str(caught.value).startswith(
        f"{file} is not a file of plain weights by name, as Nested reads them: "
    )
    assert "\n" not in str(caught.value)


def test_a_plain_method_refuses_weights_of_another_network_by_their_names(tmp_path):
    torch.save({"model": {"denoiser": {"weight": torch.zeros(2, 3)}}}, tmp_path / "model.pth")

    with pytest.raises(DataError, match="it lacks bias"):
        load_pretrained(Nested(), tmp_path / "model.pth")
