import pytest
import torch
from torch import nn
from toys import Seen

from harness.errors import DataError
from harness.evaluation import Subject
from harness.methods.method import Method, OracleMethod


class Recorder(Method):
    def __init__(self):
        super().__init__()
        self.net = nn.Conv2d(3, 3, 1)
        self.tied = self.net
        self.shapes, self.dtypes = Seen(), Seen()

    def denoise(self, noisy):
        self.shapes.append(tuple(noisy.shape))
        denoised = self.net(noisy)
        self.dtypes.append(denoised.dtype)
        return denoised


class Counter(Method):
    calls = 0

    def denoise(self, noisy):
        self.calls += 1
        return noisy + self.calls


class Truth(OracleMethod):
    def denoise_knowing(self, noisy, clean):
        return clean


@pytest.mark.parametrize(
    ("precision", "computed_in"),
    [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)],
)
def test_the_method_computes_in_the_precision_and_the_result_is_float32(precision, computed_in):
    method = Recorder()

    denoised = Subject(method, precision=precision).denoise(torch.rand(1, 3, 8, 8))

    assert method.dtypes == [computed_in]
    assert denoised.dtype == torch.float32


def test_tiles_are_passed_on():
    method = Recorder()
    method.receptive_radius = 0

    Subject(method, tile=16).denoise(torch.rand(1, 3, 32, 32))

    assert method.shapes == [(1, 3, 16, 16)] * 4


def test_a_size_is_timed_once_with_the_example_fitted_to_it():
    method = Recorder()
    subject = Subject(method, example=torch.rand(1, 3, 20, 30))

    first = subject.timing(24)
    calls = len(method.shapes)

    assert subject.timing(24) is first
    assert len(method.shapes) == calls == first.repeats + 1  # the warm-up
    assert set(method.shapes) == {(1, 3, 24, 24)}
    assert subject.timing(8) is not first


def test_timing_an_oracle_shows_it_the_clean_example():
    noisy, clean = torch.rand(2, 1, 3, 20, 30)

    assert Subject(Truth(), example=noisy, example_clean=clean).timing(16).seconds > 0


def test_without_an_example_there_is_nothing_to_time():
    with pytest.raises(DataError, match=r"^there is no image to time the method on$"):
        Subject(Recorder()).timing(16)


def test_what_a_method_keeps_reaches_no_other_call():
    subject = Subject(Counter(), example=torch.rand(1, 3, 8, 8))

    subject.timing(8)
    first, second = (subject.denoise(torch.zeros(1, 3, 8, 8)) for _ in range(2))

    assert first.max() == second.max() == 1
    assert subject.method.calls == 0
    assert not subject.uncopied


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_weights_of_the_copy_that_is_timed_do_not_count():
    device = torch.device("cuda")
    before = torch.cuda.memory_allocated(device)  # other tests leave cuBLAS its workspace
    method = Recorder()
    method.large = nn.Parameter(torch.zeros(2**24))
    subject = Subject(method, device, example=torch.rand(1, 3, 8, 8))

    assert 2**26 < subject.timing(8).memory - before < 2**26 + 2**24


def test_shared_parameters_count_once():
    assert Subject(Recorder()).parameters() == 3 * 3 + 3
