import pytest
import torch

from harness.errors import UsageError
from harness.runs.devices import Pool, chosen_device, chosen_pool, precision_notes


@pytest.fixture(autouse=True)
def four_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


@pytest.mark.parametrize(
    ("name", "pool"),
    [
        ("auto", Pool("cuda", (0, 1, 2, 3))),
        ("cuda", Pool("cuda", (0, 1, 2, 3))),
        ("cuda:1", Pool("cuda", (1,))),
        ("cuda:2,0", Pool("cuda", (2, 0))),
        ("cpu", Pool("cpu")),
    ],
)
def test_a_name_means_all_devices_of_a_kind_or_those_that_it_lists(name, pool):
    assert chosen_pool(name, "fp32", 1) == pool


@pytest.mark.parametrize(
    ("name", "processes", "message"),
    [
        ("cuda:4", 1, "this machine has no device 'cuda:4'"),
        ("cuda:0,4", 1, "this machine has no device 'cuda:0,4'"),
        ("cuda:1,1", 1, "--device cuda:1,1 names a device twice"),
        ("cuda:0,", 1, "there is no device 'cuda:0,'"),
        ("cuda:0,-1", 1, "there is no device 'cuda:0,-1'"),
        ("cuda", 5, "--processes 5 needs as many GPUs, and there are 4"),
        ("cuda:3", 4, "--processes 4 needs as many GPUs, and --device cuda:3 names 1"),
        ("cuda:0,2", 3, "--processes 3 needs as many GPUs, and --device cuda:0,2 names 2"),
    ],
)
def test_devices_that_are_not_there_or_too_few_are_refused(name, processes, message):
    with pytest.raises(UsageError) as error:
        chosen_pool(name, "fp32", processes)
    assert str(error.value).startswith(message)


def test_processes_take_the_devices_that_are_named():
    assert chosen_pool("cuda:1,3", "fp32", 2) == Pool("cuda", (1, 3))


def test_one_device_is_the_first_or_the_one_that_is_named():
    assert chosen_device("cuda") == "cuda:0"
    assert chosen_device("cuda:2") == "cuda:2"
    assert chosen_device("cpu") == "cpu"
    with pytest.raises(UsageError, match=r"^--device cuda:2,3 names 2 devices, and one is needed"):
        chosen_device("cuda:2,3")


def test_without_a_gpu_the_processor_computes(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert chosen_pool("auto", "fp32", 8) == Pool("cpu")
    with pytest.raises(UsageError, match="this machine has no device 'cuda'"):
        chosen_pool("cuda", "fp32", 1)


def test_tf32_is_refused_where_a_gpu_has_none(monkeypatch):
    """It would compute in fp32 under another name, and share a key with what has it."""
    capabilities = {0: (8, 0), 1: (7, 0), 2: (9, 0), 3: (9, 0)}
    monkeypatch.setattr(
        torch.cuda, "get_device_capability", lambda device: capabilities[device.index]
    )
    assert chosen_pool("cuda:0,2", "tf32", 1) == Pool("cuda", (0, 2))
    with pytest.raises(UsageError, match=r"^cuda:1 has no TF32: say --precision fp32"):
        chosen_pool("cuda", "tf32", 1)
    with pytest.raises(UsageError, match=r"^--precision tf32 needs a GPU of NVIDIA's; fp32 works"):
        chosen_pool("cpu", "tf32", 1)


def test_mps_computes_in_fp32_and_in_one_process(monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert chosen_pool("mps", "fp32", 1) == Pool("mps")
    for precision, processes in (("bf16", 1), ("fp16", 1), ("fp32", 2)):
        with pytest.raises(UsageError, match=r"^--device mps computes in fp32 and in one process"):
            chosen_pool("mps", precision, processes)


@pytest.mark.parametrize(
    ("kind", "precision", "capabilities", "slow"),
    [
        ("cpu", "bf16", {"avx2": True, "avx512_bf16": False, "amx_bf16": False}, True),
        ("cpu", "bf16", {"avx2": True, "avx512_bf16": True, "amx_bf16": False}, False),
        ("cpu", "bf16", {}, False),
        ("cpu", "fp32", {"avx512_bf16": False}, False),
        ("cuda", "bf16", {"avx512_bf16": False}, False),
    ],
)
def test_bf16_without_instructions_for_it_is_told(monkeypatch, kind, precision, capabilities, slow):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)

    assert any("fp32" in note for note in precision_notes(Pool(kind), precision)) == slow
