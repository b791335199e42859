import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.nn import functional as F

from harness_nets import refinement
from harness_nets.refinement import (
    batches_within,
    draw_replacements,
    mean_over_passes,
    random_replacing_refinement,
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def blur(images):
    """Denoises each image on its own; sees the pixels around."""
    return F.avg_pool2d(images, 3, stride=1, padding=1)


class Recorder:
    """Returns what it is given, and keeps it."""

    def __init__(self):
        self.batches = []

    def __call__(self, images):
        self.batches.append(images.clone())
        return images


def test_it_is_the_mean_over_passes_of_denoised_mixtures():
    noisy, initial = torch.rand(1, 3, 8, 10), torch.rand(1, 3, 8, 10)

    refined = random_replacing_refinement(
        noisy, initial, blur, times=3, probability=0.4, generator=seeded(5), border=0
    )

    generator = seeded(5)
    passes = []
    for _ in range(3):
        replaced = torch.rand(noisy.shape, generator=generator) < 0.4
        passes.append(blur(torch.where(replaced, noisy, initial)))
    torch.testing.assert_close(refined, sum(passes) / 3)


def test_replacing_nothing_denoises_the_first_estimate_again():
    noisy, initial = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)

    refined = random_replacing_refinement(
        noisy, initial, blur, probability=0, generator=seeded(), border=0
    )

    torch.testing.assert_close(refined, blur(initial))


def test_replacing_everything_denoises_the_noisy_image():
    noisy, initial = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 8, 8)

    refined = random_replacing_refinement(
        noisy, initial, blur, probability=1, generator=seeded(), border=0
    )

    torch.testing.assert_close(refined, blur(noisy))


def replaced_of(per_channel, probability):
    """Which values each of eight passes took from the noisy image, 8 x 3 x 64 x 64."""
    recorder = Recorder()
    random_replacing_refinement(
        torch.ones(1, 3, 64, 64), torch.zeros(1, 3, 64, 64), recorder,
        probability=probability, generator=seeded(), per_channel=per_channel, border=0,
    )  # fmt: skip
    return torch.cat(recorder.batches)


@pytest.mark.parametrize("probability", [0.16, 0.5])
@pytest.mark.parametrize("per_channel", [True, False])
def test_the_share_of_replaced_values_is_the_probability(probability, per_channel):
    replaced = replaced_of(per_channel, probability)

    assert float(replaced.mean()) == pytest.approx(probability, abs=0.01)


def test_channels_draw_masks_of_their_own_or_share_them():
    own, shared = replaced_of(per_channel=True, probability=0.3), replaced_of(False, 0.3)

    assert not torch.equal(own[:, 0], own[:, 1])
    assert torch.equal(shared[:, 0], shared[:, 1])
    assert torch.equal(shared[:, 0], shared[:, 2])


def test_every_pass_draws_a_mask_of_its_own():
    passes = replaced_of(per_channel=True, probability=0.16)

    assert len({tuple(one.flatten().tolist()) for one in passes}) == 8


def test_an_image_is_refined_alike_alone_and_in_a_batch():
    noisy, initial = torch.rand(3, 3, 9, 12), torch.rand(3, 3, 9, 12)

    together = random_replacing_refinement(noisy, initial, blur, generator=seeded())
    alone = [
        random_replacing_refinement(noisy[[i]], initial[[i]], blur, generator=seeded())
        for i in range(3)
    ]

    torch.testing.assert_close(together, torch.cat(alone))


@pytest.mark.parametrize("pixels", [1, 2 * 3 * 8 * 12, 10**6])
def test_how_many_passes_run_at_once_changes_nothing(pixels):
    noisy, initial = torch.rand(3, 3, 8, 12), torch.rand(3, 3, 8, 12)
    recorder = Recorder()
    options = {"times": 5, "pixels_at_once": pixels}

    random_replacing_refinement(noisy, initial, recorder, generator=seeded(), **options)
    refined = random_replacing_refinement(noisy, initial, blur, generator=seeded(), **options)

    one_by_one = random_replacing_refinement(
        noisy, initial, blur, times=5, generator=seeded(), pixels_at_once=1
    )
    torch.testing.assert_close(refined, one_by_one)
    images = [len(batch) for batch in recorder.batches]
    assert sum(images) == 5 * 3
    assert max(images) == {1: 3, 2 * 3 * 8 * 12: 6, 10**6: 15}[pixels]


def test_the_denoiser_sees_a_border_of_reflection():
    noisy = torch.rand(1, 3, 6, 7)
    recorder = Recorder()

    random_replacing_refinement(noisy, noisy, recorder, times=1, generator=seeded(), border=2)

    padded = F.pad(noisy, [2] * 4, mode="reflect")
    assert torch.equal(recorder.batches[0], padded)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (1, 9), (2, 3)])
def test_an_image_too_small_for_the_border_is_refined_too(size):
    noisy = torch.rand(1, 3, *size)

    refined = random_replacing_refinement(noisy, noisy, Recorder(), generator=seeded())

    torch.testing.assert_close(refined, noisy)


def test_a_seed_gives_the_masks_of_the_released_code(oracle):
    reference = oracle("apbsn.pt")

    for size in (60, 64):
        masks = reference[f"R3_masks_{size}"].float()
        recorder = Recorder()
        random_replacing_refinement(
            torch.ones(1, 3, size, size), torch.zeros(1, 3, size, size), recorder,
            generator=seeded(reference["R3_seed"]), border=0,
        )  # fmt: skip
        assert torch.equal(torch.cat(recorder.batches), masks.flatten(0, 1))


def test_a_denoiser_is_told_which_passes_it_is_given():
    noisy, initial = torch.rand(2, 3, 6, 7), torch.rand(2, 3, 6, 7)
    replaced = draw_replacements((1, 6, 7), 5, 0.3, seeded())
    factors = torch.arange(1.0, 6.0).view(5, 1, 1, 1)
    given = []

    def scale(mixtures, passes):
        given.append(passes)
        return mixtures * factors[passes].repeat_interleave(2, 0)

    batches = [slice(0, 1), slice(1, 4), slice(4, 5)]
    refined = mean_over_passes(noisy, initial, replaced, scale, batches=iter(batches))

    passes = [f * torch.where(r, noisy, initial) for f, r in zip(factors, replaced, strict=True)]
    torch.testing.assert_close(refined, sum(passes) / 5)
    assert given == batches


@pytest.mark.parametrize("memory", [0, 1e9])
def test_on_a_cpu_passes_are_made_one_at_a_time(memory):
    assert list(batches_within(memory, 3, torch.device("cpu"))) == [
        slice(0, 1),
        slice(1, 2),
        slice(2, 3),
    ]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize(
    ("mebibytes", "lengths"), [(0, [1, 1, 1, 1, 1]), (2.5, [1, 2, 2]), (50, [1, 4])]
)
def test_on_a_gpu_as_many_passes_are_made_together_as_memory_allows(mebibytes, lengths):
    made = []
    for passes in batches_within(mebibytes / 1024, 5, torch.device("cuda")):
        pixels = (passes.stop - passes.start) * 2**18
        made.append(torch.empty(pixels, device="cuda").numel() // 2**18)  # a MiB for each pass

    assert made == lengths


def test_masks_of_one_size_are_drawn_once(monkeypatch):
    drawn = []
    usual = refinement._drawn
    monkeypatch.setattr(refinement, "_drawn", lambda *given: drawn.append(given) or usual(*given))
    first, second = seeded(5), seeded(5)
    masks = draw_replacements((3, 6, 7), 4, 0.3, first)
    assert draw_replacements((3, 6, 7), 4, 0.3, second) is masks
    assert len(drawn) == 1
    assert torch.equal(first.get_state(), second.get_state())  # what is drawn next is the same
    assert not torch.equal(draw_replacements((3, 6, 7), 4, 0.3, seeded(6)), masks)
    assert torch.equal(draw_replacements((3, 6, 7), 4, 0.3, seeded(5)), masks)


def test_who_looks_at_the_operations_sees_masks_drawn():
    """An export refuses what draws random numbers, and must not take masks for constants."""
    draw_replacements((3, 6, 7), 4, 0.3, seeded())
    with FakeTensorMode():
        assert isinstance(draw_replacements((3, 6, 7), 4, 0.3, seeded()), FakeTensor)
    assert not isinstance(draw_replacements((3, 6, 7), 4, 0.3, seeded()), FakeTensor)
