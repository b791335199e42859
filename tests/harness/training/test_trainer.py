import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import AutocastKwargs
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from toys import Scenes, Toy, ToyStage

from harness.errors import PluginError, TrainingError, UsageError
from harness.methods.recipe import Recipe
from harness.methods.stage import NoisyBatch, Stage
from harness.training import stage_run
from harness.training.budget import parse_budget
from harness.training.checkpoint import Checkpoint
from harness.training.crops import Placement
from harness.training.trainer import (
    NORMALISED_IN_PARTS,
    StopRequestedError,
    Trainer,
    TrainingOptions,
    TrainingProgress,
    remove_state,
)

pytestmark = pytest.mark.usefixtures("fresh_accelerate")


def make(kind: type[Toy] = Toy, **parameters) -> Toy:
    """A method whose first weights are always the same."""
    torch.manual_seed(0)
    return kind(**parameters)


def train(
    method: Toy, folder: Path, *, budget: str = "paper", stop_at: int | None = None, **options
):
    seen: list[TrainingProgress] = []
    accumulate = options.get("accumulate", 1)
    precision = options.pop("precision", "no")
    trainer = Trainer(
        method,
        Scenes().samples("train"),
        Accelerator(cpu=True, gradient_accumulation_steps=accumulate, mixed_precision=precision),
        TrainingOptions(budget=parse_budget(budget), seed=7, **options),
        folder,
        on_progress=seen.append,
        should_stop=lambda: stop_at is not None and len(seen) >= stop_at,
    )
    return trainer.fit(), seen


def weights(method: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in method.state_dict().items()}


def assert_equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> None:
    assert first.keys() == second.keys()
    for name in first:
        assert torch.equal(first[name], second[name]), name


def test_training_lowers_the_loss(tmp_path):
    train(make(iterations=100), tmp_path)
    losses = [json.loads(line)["loss"] for line in (tmp_path / "losses.jsonl").open()]
    assert losses[-1] < losses[0] / 4


def test_the_same_seed_gives_the_same_weights(tmp_path):
    first, second = make(), make()
    train(first, tmp_path / "first")
    train(second, tmp_path / "second")
    assert_equal(weights(first), weights(second))


@pytest.mark.parametrize("ema", [None, 0.9])
@pytest.mark.parametrize("stop_at", [1, 5, 8, 11, 16])  # 8 and 16 are the ends of the stages
@pytest.mark.parametrize("points", [8, 3])  # of the loss curve: one per step, or per two
def test_resuming_equals_a_straight_run(tmp_path, monkeypatch, stop_at, ema, points):
    monkeypatch.setattr(stage_run, "LOGGED_STEPS", points)
    straight = make(stages=2, ema=ema)
    expected, _ = train(straight, tmp_path / "straight")

    with pytest.raises(StopRequestedError):
        train(make(stages=2, ema=ema), tmp_path / "resumed", stop_at=stop_at)
    resumed = Toy(stages=2, ema=ema)  # with other first weights
    records, _ = train(resumed, tmp_path / "resumed")

    assert_equal(weights(straight), weights(resumed))
    assert [(record.iterations, record.final_loss) for record in records] == [
        (8, record.final_loss) for record in expected
    ]
    curves = [
        [(line["stage"], line["iteration"], line["loss"]) for line in map(json.loads, path.open())]
        for path in (tmp_path / "straight" / "losses.jsonl", tmp_path / "resumed" / "losses.jsonl")
    ]
    assert curves[0] == curves[1]


class Counting(Stage):
    """Counts its calls in a buffer, and remembers how far it was told to have come."""

    name = "counting"
    recipe = Recipe(iterations=8, batch_size=4, crop=16, learning_rate=1e-2)

    def __init__(self, net: nn.Module, seen: list[tuple[int, float]]) -> None:
        super().__init__()
        self.net = net
        self.seen = seen
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))

    def forward(self, batch):
        self.calls += 1
        self.seen.append((int(self.calls), float(self.progress)))
        return (self.net(batch.noisy) - batch.noisy).square().mean()


def test_a_stage_that_counts_its_calls_counts_on_when_resumed(tmp_path):
    seen = seen_when_resumed(tmp_path)
    assert [calls for calls, _ in seen] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_stage_is_told_how_far_it_has_come_whatever_the_budget(tmp_path):
    seen = seen_when_resumed(tmp_path, budget="4it", accumulate=2)
    assert [progress for _, progress in seen] == [0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75]


def seen_when_resumed(folder, **options):
    """The calls and the progress that a stage has seen, of a training that stopped at step 3."""
    seen: list[tuple[int, float]] = []

    class Counted(Toy):
        def stages(self):
            return [Counting(self.net, seen)]

    with pytest.raises(StopRequestedError):
        train(make(Counted), folder, stop_at=3, **options)
    train(make(Counted), folder, **options)
    return seen


def test_a_checkpoint_is_written_at_intervals(tmp_path):
    train(make(), tmp_path, checkpoint_seconds=0.0)
    assert (tmp_path / "checkpoint" / "state.pt").exists()
    remove_state(tmp_path)
    assert not (tmp_path / "checkpoint").exists()


def test_checkpoints_take_a_hundredth_of_the_time_at_most(tmp_path, monkeypatch):
    now, saves = [0.0], []
    monkeypatch.setattr(stage_run.time, "monotonic", lambda: now[0])

    def save(checkpoint, path):
        now[0] += 0.5
        saves.append(checkpoint.iteration)

    monkeypatch.setattr(Checkpoint, "save", save)
    monkeypatch.setattr(stage_run.StageRun, "_report_progress", lambda *_: pass_time(now))
    train(make(iterations=120), tmp_path, checkpoint_seconds=2.0)
    assert saves == [3, 54, 105]  # the first when it is due, the others after 50 s


def pass_time(now: list[float], seconds: float = 1.0) -> None:
    now[0] += seconds


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0])
def test_a_time_between_checkpoints_that_is_none_is_refused(seconds):
    message = f"between checkpoints must be 0 seconds or more, and finite, not {seconds:g}"
    with pytest.raises(UsageError, match=message):
        TrainingOptions(budget=parse_budget("paper"), seed=7, checkpoint_seconds=seconds)


@pytest.mark.parametrize("stop_at", [None, 3])
def test_a_stage_leaves_nothing_with_the_accelerator(tmp_path, stop_at):
    accelerator = Accelerator(cpu=True)
    held = []
    trainer = Trainer(
        make(stages=2),
        Scenes().samples("train"),
        accelerator,
        TrainingOptions(budget=parse_budget("paper"), seed=7),
        tmp_path,
        on_progress=lambda _: held.append((len(accelerator._optimizers), len(accelerator._models))),
        should_stop=lambda: len(held) == stop_at,
    )
    with nullcontext() if stop_at is None else pytest.raises(StopRequestedError):
        trainer.fit()
    assert set(held) == {(1, 1)}
    assert (accelerator._optimizers, accelerator._models) == ([], [])


def test_gradients_of_a_second_stage_are_unscaled_once(tmp_path, monkeypatch):
    monkeypatch.setattr(Accelerator, "unscale_gradients", count_unscaled)
    UNSCALED.clear()
    train(make(ClippedInStages, stages=2), tmp_path)
    assert UNSCALED == [1] * 16


UNSCALED: list[int] = []


def count_unscaled(accelerator: Accelerator, optimizer=None) -> None:
    """Note how many optimizers would have their gradients unscaled."""
    UNSCALED.append(len(accelerator._optimizers))


def test_scaled_gradients_train_the_weights_of_those_that_are_not(tmp_path):
    """Scales are powers of two, so the weights are the same, bit for bit; autocast is left out."""
    plain, scaled = make(ClippedInStages, stages=2), make(ClippedInStages, stages=2)
    train(plain, tmp_path / "plain")
    AcceleratorState._reset_state(reset_partial_state=True)
    accelerator = Accelerator(cpu=True, kwargs_handlers=[AutocastKwargs(enabled=False)])
    accelerator.state._mixed_precision = "fp16"
    accelerator.native_amp = True
    accelerator.scaler = torch.amp.GradScaler("cpu", init_scale=65536.0)
    options = TrainingOptions(budget=parse_budget("paper"), seed=7)
    samples = Scenes().samples("train")
    Trainer(scaled, samples, accelerator, options, tmp_path / "scaled").fit()
    assert_equal(weights(plain), weights(scaled))


class ClippedInStages(Toy):
    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.recipe = replace(self.recipe, clip_norm=1.0)


def test_accumulated_parts_take_the_step_of_the_whole_batch(tmp_path):
    whole, parts = make(), make()
    train(whole, tmp_path / "whole")
    train(parts, tmp_path / "parts", accumulate=2)
    for one, other in zip(weights(whole).values(), weights(parts).values(), strict=True):
        torch.testing.assert_close(one, other)


def test_every_part_of_a_batch_draws_its_own(tmp_path):
    """So that parts of one process draw what those of several do."""
    drawn: list[float] = []

    class Drawing(Toy):
        def stages(self):
            class DrawingStage(ToyStage):
                def forward(self, batch: NoisyBatch):
                    drawn.append(float(torch.rand(())))
                    return super().forward(batch)

            return [DrawingStage("drawing", self.net, self.recipe)]

    train(make(Drawing, iterations=2), tmp_path / "whole")
    train(make(Drawing, iterations=2), tmp_path / "parts", accumulate=2)
    whole, parts = drawn[:2], drawn[2:]
    assert parts[::2] == whole
    assert len(set(parts)) == 4


class NumbersRead(TorchDispatchMode):
    """Counts the numbers that are read from tensors, for which a GPU would be waited for."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func.overloadpacket.__name__ == "_local_scalar_dense"
        return func(*args, **(kwargs or {}))


def test_a_step_reads_no_number_back(tmp_path, monkeypatch):
    """As on a GPU: images are gathered, and the optimizer does a step in one kernel."""
    monkeypatch.setattr(Placement, "_have_room", lambda *_: True)
    usual = stage_run._optimizer
    monkeypatch.setattr(
        stage_run, "_optimizer", lambda groups, recipe, fused: usual(groups, recipe, fused=True)
    )
    monkeypatch.setattr(stage_run, "LOGGED_STEPS", 1)  # the one point of the curve is waited for
    counts = []
    for iterations in (3, 9):
        with NumbersRead() as numbers:
            train(make(ClippedInStages, iterations=iterations), tmp_path / str(iterations))
        counts.append(numbers.count)
    assert counts[0] == counts[1] <= 3


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("budget", ["paper", "60s"])
def test_a_step_on_a_gpu_waits_for_nothing(tmp_path, budget):
    """CUDA itself tells what would be waited for, between the first step and the first point."""
    steps = 0

    def watch(_: TrainingProgress) -> None:
        nonlocal steps
        steps += 1
        torch.cuda.set_sync_debug_mode("error" if 2 <= steps < 15 else "default")

    trainer = Trainer(
        make(ClippedInStages, iterations=4000),
        Scenes().samples("train"),
        Accelerator(),
        TrainingOptions(budget=parse_budget(budget), seed=7),
        tmp_path,
        on_progress=watch,
        should_stop=lambda: steps == 15,
    )
    try:
        with pytest.raises(StopRequestedError):
            trainer.fit()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert trainer._fit.method.net.last.weight.is_cuda


class Normalised(Toy):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.BatchNorm2d(3), self.net)


def test_parts_of_a_batch_are_normalised_apart_and_a_note_says_so(tmp_path):
    notes = []
    for accumulate in (1, 2):
        trainer = Trainer(
            make(Normalised),
            Scenes().samples("train"),
            Accelerator(cpu=True, gradient_accumulation_steps=accumulate),
            TrainingOptions(budget=parse_budget("1it"), seed=7, accumulate=accumulate),
            tmp_path / str(accumulate),
        )
        trainer.fit()
        notes.append(trainer.notes)
    assert notes == [[], [NORMALISED_IN_PARTS]]


def test_a_batch_that_does_not_divide_is_refused(tmp_path):
    with pytest.raises(UsageError, match="batch of 4, which does not divide into 1 processes x 3"):
        train(make(), tmp_path, accumulate=3)


def test_an_iteration_budget_is_spent_exactly_and_divided_by_the_recipe(tmp_path):
    records, seen = train(make(stages=2), tmp_path, budget="11it")
    assert sum(record.iterations for record in records) == 11
    assert [record.iterations for record in records] == [6, 5]
    assert seen[-1].fraction == 1


def test_a_time_budget_ends_training_and_the_schedule_with_it(tmp_path):
    (record,), seen = train(make(iterations=10**6), tmp_path, budget="0.5s")
    assert 0.5 <= record.seconds < 5
    assert record.iterations == len(seen)
    last = json.loads((tmp_path / "losses.jsonl").read_text().splitlines()[-1])
    assert last["learning_rate"] < 1e-3


def test_the_moving_average_replaces_the_weights(tmp_path):
    plain, averaged = make(), make(ema=0.5)
    train(plain, tmp_path / "plain")
    train(averaged, tmp_path / "averaged")
    assert not torch.equal(plain.net.last.weight, averaged.net.last.weight)


def test_bf16_trains(tmp_path):
    (record,), _ = train(make(), tmp_path, precision="bf16")
    assert record.final_loss is not None


@pytest.mark.slow
def test_a_compiled_stage_gives_the_same_losses(tmp_path):
    train(make(), tmp_path / "eager")
    train(make(), tmp_path / "compiled", compile=True)
    eager, compiled = (
        [json.loads(line)["loss"] for line in (tmp_path / name / "losses.jsonl").open()]
        for name in ("eager", "compiled")
    )
    assert compiled == pytest.approx(eager, rel=1e-4)


class Teacher(Toy):
    """Trains its last layer only."""

    def stages(self):
        net = self.net

        class HeadStage(ToyStage):
            def trained(self):
                return [net.last]

        return [HeadStage("head", net, self.recipe)]


def test_what_a_stage_does_not_train_is_frozen(tmp_path):
    method = make(Teacher)
    before = weights(method)
    train(method, tmp_path)
    assert torch.equal(before["net.first.weight"], method.net.first.weight)
    assert not torch.equal(before["net.last.weight"], method.net.last.weight)


class NotScalar(Toy):
    def stages(self):
        class VectorStage(ToyStage):
            def forward(self, batch: NoisyBatch):
                return batch.noisy.mean((1, 2, 3))

        return [VectorStage("vector", self.net, self.recipe)]


def test_a_loss_that_is_no_scalar_is_refused(tmp_path):
    message = r"stage 'vector' must return a scalar tensor as loss, not shape \(4,\)"
    with pytest.raises(PluginError, match=message):
        train(make(NotScalar), tmp_path)


def test_a_loss_that_is_not_finite_ends_training(tmp_path):
    with pytest.raises(TrainingError, match=r"the loss of stage 'stage-0' is (nan|inf)"):
        train(make(learning_rate=1e30, iterations=50), tmp_path)


class NoStage(Toy):
    def stages(self):
        return []


def test_a_method_without_a_stage_is_refused(tmp_path):
    with pytest.raises(PluginError, match="has no stage of training"):
        train(make(NoStage), tmp_path)


def test_groups_keep_their_own_learning_rate(tmp_path):
    class TwoRates(Toy):
        def stages(self):
            net = self.net

            class RateStage(ToyStage):
                def parameter_groups(self):
                    return [
                        {"params": list(net.first.parameters()), "lr": 0.0},
                        {"params": list(net.last.parameters())},
                    ]

            return [RateStage("rates", net, self.recipe)]

    method = make(TwoRates)
    before = weights(method)
    train(method, tmp_path)
    assert torch.equal(before["net.first.weight"], method.net.first.weight)
    assert not torch.equal(before["net.last.weight"], method.net.last.weight)


def test_a_recipe_chooses_its_optimizer(tmp_path):
    for optimizer in ("adam", "adamw", "sgd"):
        method = Toy()
        method.recipe = Recipe(
            iterations=3,
            batch_size=4,
            crop=16,
            learning_rate=1e-3,
            optimizer=optimizer,
            clip_norm=1.0,
            weight_decay=1e-4,
        )
        before = weights(method)
        train(method, tmp_path / optimizer)
        assert not torch.equal(before["net.last.weight"], method.net.last.weight)


@pytest.mark.parametrize("view", ["unpaired", "pairs"])
def test_a_stage_sees_no_more_than_the_spec_announces(tmp_path, view):
    class Greedy(Toy):
        def stages(self):
            stage = ToyStage("greedy", self.net, self.recipe)
            stage.view = view
            return [stage]

    with pytest.raises(PluginError, match=f"stage 'greedy' asks to see '{view}', but the method's"):
        train(make(Greedy), tmp_path)


class WithAnother(Toy):
    """It has a network that no stage trains."""

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.other = nn.Conv2d(3, 3, 1)


@pytest.mark.parametrize("resumed", [False, True])
def test_what_any_stage_trains_is_counted_once_also_where_training_stops(tmp_path, resumed):
    method = make(WithAnother, stages=2)
    trainer = Trainer(
        method,
        Scenes().samples("train"),
        Accelerator(cpu=True),
        TrainingOptions(budget=parse_budget("paper"), seed=7),
        tmp_path,
        should_stop=lambda: resumed,
    )
    with pytest.raises(StopRequestedError) if resumed else nullcontext():
        trainer.fit()
    assert trainer.trained_parameters == sum(p.numel() for p in method.net.parameters())
