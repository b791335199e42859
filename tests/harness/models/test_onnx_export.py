"""A model of ONNX gives what PyTorch gives, or is refused with the reason, and is never half."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from toys import Toy

import harness
from harness.errors import DataError, UsageError
from harness.models.onnx_export import export_onnx
from harness.results import onnx_file
from harness.results.onnx_file import read_onnx_header

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
pytest.importorskip("onnxscript", reason="the extra onnx is not installed")


class Halves(harness.Method):
    """Shrinks an image by half and enlarges it again."""

    size_multiple = 4
    receptive_radius = 8

    def denoise(self, noisy):
        return F.interpolate(F.avg_pool2d(noisy, 4), scale_factor=4.0)


class Filling(harness.Method):
    """Makes a network for the size that it sees."""

    def denoise(self, noisy):
        dark = torch.full(tuple(map(int, noisy.shape)), 0.1)
        return noisy - dark


class Padding(harness.Method):
    """Does something else with images of odd width."""

    def denoise(self, noisy):
        return noisy / 2 if noisy.shape[-1] % 2 else noisy


class Drawing(harness.Method):
    """Draws the same noise for each image."""

    def denoise(self, noisy):
        generator = torch.Generator().manual_seed(0)
        return noisy + torch.rand(noisy.shape, generator=generator)


class DrawingOutside(harness.Method):
    """Draws noise with NumPy."""

    def denoise(self, noisy):
        return noisy + float(np.random.rand())


class Deciding(harness.Method):
    """Treats bright images in another way."""

    def denoise(self, noisy):
        return noisy / 2 if noisy.mean() > 0.5 else noisy * 2


class Solving(harness.Method):
    """Uses an operator that ONNX does not have."""

    def denoise(self, noisy):
        return noisy * torch.linalg.svdvals(noisy[0, 0, :8, :8])[0]


class Broken(harness.Method):
    """Fails."""

    def denoise(self, noisy):
        raise ValueError("out of\norder")


def header_for(registry, channels=3):
    method = registry.choose("method", "toy")
    return harness.ModelHeader(
        method=method,
        parameters=registry.arguments(method, channels),
        seed=0,
        trained_on="scenes",
        train_split="train",
        budget="1it",
        licence="CC0",
        libraries={},
    )


@pytest.fixture
def registry(toys):
    return harness.load_plugins(str(toys))


@pytest.fixture
def header(registry):
    return header_for(registry)


def run_onnx(path, image):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (denoised,) = session.run(None, {"noisy": image.numpy()})
    return torch.from_numpy(denoised)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_model_gives_what_pytorch_gives_at_any_size(registry, tmp_path, channels):
    torch.manual_seed(0)
    method, path = Toy(channels), tmp_path / "toy.onnx"
    made = export_onnx(method, header_for(registry, channels), path)
    assert (made.interface.height, made.interface.width) == (None, None)
    assert made.interface.difference < 1e-5
    for size in [(8, 8), (37, 61), (200, 100)]:
        image = torch.rand(1, channels, *size)
        with torch.no_grad():
            expected = method.denoise(image)
        assert torch.allclose(run_onnx(path, image), expected, rtol=0, atol=1e-4)


def test_a_file_says_what_it_is_and_how_it_is_called(header, tmp_path):
    path = tmp_path / "halves.onnx"
    made = export_onnx(Halves(), header, path, opset=19)
    read = read_onnx_header(path)
    assert read == made
    assert read.model == header
    interface = read.interface
    assert (interface.opset, interface.size_multiple, interface.receptive_radius) == (19, 4, 8)
    assert str(interface) == "1 x 3 x H x W, float32 in [0, 1], H and W multiples of 4"
    import onnx

    model = onnx.load(path)
    names = [axis.dim_param for axis in model.graph.input[0].type.tensor_type.shape.dim]
    assert names == ["", "", "height", "width"]
    assert model.opset_import[0].version == 19
    assert str(Path(__file__).parent).encode() not in path.read_bytes()


def test_sizes_that_a_network_fixes_are_said(header, tmp_path):
    made = export_onnx(Padding(), header, tmp_path / "padding.onnx")
    assert (made.interface.height, made.interface.width) == (256, 256)
    assert str(made.interface) == "1 x 3 x 256 x 256, float32 in [0, 1]"
    image = torch.rand(1, 3, 256, 256)
    assert torch.allclose(run_onnx(tmp_path / "padding.onnx", image), image)


def test_free_sizes_are_free_where_a_size_is_only_asked_for(header, tmp_path):
    made = export_onnx(Filling(), header, tmp_path / "filling.onnx")
    image = torch.rand(1, 3, *((40, 30) if made.interface.height is None else (256, 256)))
    assert torch.allclose(run_onnx(tmp_path / "filling.onnx", image), image - 0.1, atol=1e-6)


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        (Drawing(), r"it draws random numbers \(with aten\.rand"),
        (DrawingOutside(), "it draws random numbers outside of PyTorch"),
        (Deciding(), "how it computes depends on the values of the image"),
        (Solving(), r"ONNX has no operator for aten\.\S*svd"),
        (Broken(), "ValueError: out of"),
    ],
)
def test_what_cannot_be_exported_is_refused_with_the_reason(header, tmp_path, method, reason):
    path = tmp_path / "x.onnx"
    with pytest.raises(UsageError, match=f"{type(method).__name__} .*: {reason}") as caught:
        export_onnx(method, header, path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_differs_is_not_kept(header, tmp_path, monkeypatch):
    from harness.models import onnx_export

    monkeypatch.setattr(onnx_export, "TOLERANCE", -1.0)
    with pytest.raises(UsageError, match="its output differs from PyTorch's by"):
        export_onnx(Halves(), header, tmp_path / "x.onnx")
    assert list(tmp_path.iterdir()) == []


def test_without_the_packages_the_line_says_what_installs_them(header, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(UsageError, match=r"onnxscript, .*pip install 'denoise-harness\[onnx\]'"):
        export_onnx(Halves(), header, tmp_path / "x.onnx")


KILLED = """
import os, signal, sys
from pathlib import Path
import harness
from harness.models.export import choose_fit, export_model
from harness.models.onnx_export import export_fit
from harness.runs.folder import load_run

Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
folder, path, toys = map(Path, sys.argv[1:])
run, registry = load_run(folder), harness.load_plugins(str(toys))
export = export_fit if path.suffix == ".onnx" else export_model
export(run, choose_fit(run, "toy"), path, registry)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    toys = Path(__file__).parents[2] / "toys" / "toys.py"
    out = tmp_path_factory.mktemp("onnx") / "runs"
    request = harness.Request(methods="toy", datasets="scenes", metrics="psnr", out=out)
    return harness.run(request, harness.load_plugins(str(toys)))


@pytest.mark.parametrize("name", ["toy.onnx", "toy.safetensors"])
def test_a_killed_export_leaves_no_half_file(run, toys, tmp_path, name):
    for path, content in ((tmp_path / "new" / name, None), (tmp_path / "old" / name, b"older")):
        path.parent.mkdir()
        if content is not None:
            path.write_bytes(content)
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, str(run.folder), str(path), str(toys)], check=False
        )
        assert killed.returncode == -signal.SIGKILL
        assert (path.read_bytes() if path.exists() else None) == content


def test_the_commands_export_and_show_a_model_of_onnx(run, toys, in_process, tmp_path):
    export = ("export", str(run.folder), "--plugin", str(toys), "--method", "toy")
    code, said, errors = in_process(*export, "--format", "onnx", "--licence", "CC0")
    assert (code, errors) == (0, "")
    first, second = said.splitlines()
    assert first == "toy.onnx  toy trained on scenes, seed 0"
    assert second.startswith("input 1 x 3 x H x W, float32 in [0, 1]; differs from PyTorch by ")
    code, shown, _ = in_process("show", "toy.onnx")
    assert code == 0
    for text in (
        "toy[width=2]",
        "scenes, split train",
        "PSNR (8bit)",
        "CC0",
        "opset",
        "noisy, 1 x",
    ):
        assert text in shown
    data = json.loads(in_process("show", "toy.onnx", "--json")[1])
    assert data["model"]["method"]["name"] == "toy"
    assert data["onnx"]["opset"] == onnx_file.OPSET
    code, _, errors = in_process(*export, "--format", "onnx", "--out", "toy.safetensors")
    assert (code, "the name of a model ends in .onnx" in errors) == (2, True)


def test_the_harness_itself_takes_no_model_of_onnx(run, toys, in_process, tmp_path):
    path = tmp_path / "toy.onnx"
    path.write_bytes(b"")
    message = "toy.onnx is for other programs: the harness takes models that end in .safetensors"
    with pytest.raises(DataError, match=message):
        harness.load_model(path)
    code, _, errors = in_process("run", "--plugin", str(toys), "--weights", str(path))
    assert (code, message in errors) == (2, True)


def test_mutated_files_are_refused_in_one_line_or_read(header, tmp_path):
    path = tmp_path / "halves.onnx"
    export_onnx(Halves(), header, path)
    content = path.read_bytes()
    chance = random.Random(0)
    said = []
    for _ in range(100):
        mutated = bytearray(content)
        for _ in range(chance.randint(1, 8)):
            mutated[chance.randrange(len(mutated))] = chance.randrange(256)
        path.write_bytes(bytes(mutated[: chance.choice([None, len(mutated) // 2])]))
        try:
            read_onnx_header(path)
        except harness.HarnessError as error:
            said.append(str(error))
    assert len(said) > 50
    assert all("\n" not in text for text in said)
    path.unlink()
    with pytest.raises(DataError, match="there is no model file"):
        read_onnx_header(path)
