import pytest
import torch
from torch import nn

from harness.errors import MetricUnavailableError
from harness.evaluation import Subject
from harness.methods.method import Method
from harness.metrics import cost


class Convolution(Method):
    def __init__(self, width=8):
        super().__init__()
        self.net = nn.Conv2d(3, 3, 3, padding=1, bias=False)

    def denoise(self, noisy):
        return self.net(noisy)


class WithTeacher(Convolution):
    def __init__(self):
        super().__init__()
        self.teacher = nn.Conv2d(3, 3, 5, padding=2, bias=False)


class Prepared(Convolution):
    def __init__(self):
        super().__init__()
        self.kernel = self.net.weight.detach().clone()

    def denoise(self, noisy):
        return nn.functional.conv2d(noisy, self.kernel, padding=1)


class Identity(Method):
    def denoise(self, noisy):
        return noisy


@pytest.fixture
def subject():
    return Subject(Convolution(), example=torch.rand(1, 3, 20, 30))


def test_latency_and_throughput_come_from_one_measurement(subject):
    latency, throughput = cost.latency(subject, size=32), cost.throughput(subject, size=32)

    assert throughput.value == pytest.approx(32 * 32 / 1e6 / (latency.value / 1000))
    assert throughput.details == latency.details
    assert latency.count == throughput.count > 1
    assert latency.spread is not None


def test_the_size_is_stated_and_is_the_one_asked_for(subject):
    assert cost.latency(subject, size=48).details["size"] == "48x48"
    assert cost.latency(subject, size=16).details["size"] == "16x16"


def test_memory_says_what_it_counts(subject):
    measured = cost.memory(subject, size=32)

    assert measured.value >= 0
    assert measured.details["counts"] == "growth of the process, weights not included"


def test_parameters_are_in_millions(subject):
    assert cost.parameters(subject).value == pytest.approx(3 * 3 * 9 / 1e6)


def test_parameters_are_those_that_take_part_and_the_details_count_all():
    measured = cost.parameters(Subject(WithTeacher(), example=torch.rand(1, 3, 20, 30)))

    assert measured.value == pytest.approx(3 * 3 * 9 / 1e6)
    assert measured.details == {"used": 3 * 3 * 9, "held": 3 * 3 * 9 + 3 * 3 * 25}


def test_all_parameters_count_where_a_method_made_tensors_of_its_own_from_them():
    measured = cost.parameters(Subject(Prepared(), example=torch.rand(1, 3, 20, 30)))

    assert measured.details == {"used": 81, "held": 81}


def test_a_method_without_parameters_has_none():
    assert cost.parameters(Subject(Identity(), example=torch.rand(1, 3, 8, 8))).value == 0


def test_a_multiply_add_counts_two(subject):
    measured = cost.flops(subject, size=32)

    assert measured.value == pytest.approx(2 * 3 * 3 * 9 * 32 * 32 / 1e9)
    assert measured.details == {"size": "32x32", "per_pixel": 2 * 3 * 3 * 9}


def test_a_method_without_counted_operations_has_no_flops():
    with pytest.raises(MetricUnavailableError, match=r"^no operation was counted"):
        cost.flops(Subject(Identity(), example=torch.rand(1, 3, 8, 8)), size=32)
