"""Damaged state of a fit is set aside, named, and made again."""

import json
import logging

import pytest
import torch
from accelerate import Accelerator
from toys import Scenes, Toy

from harness.errors import DamagedFileError, DiskFullError
from harness.training.budget import parse_budget
from harness.training.checkpoint import load_checkpoint
from harness.training.trainer import StopRequestedError, Trainer, TrainingOptions

pytestmark = pytest.mark.usefixtures("fresh_accelerate")


class Prepared(Toy):
    """Draws random numbers while it looks at its images, and for the modules of its stages."""

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.register_buffer("found", torch.zeros(1))

    def prepare(self, noisy):
        self.found = torch.rand(1)

    def stages(self):
        stages = super().stages()
        for stage in stages:
            stage.own = torch.nn.Linear(2, 2)
        return stages


def trainer_of(folder, *, stop_at=None, first_weights=0):
    seen = []
    torch.manual_seed(first_weights)
    return Trainer(
        Prepared(stages=2),
        Scenes().samples("train"),
        Accelerator(cpu=True),
        TrainingOptions(budget=parse_budget("paper"), seed=7),
        folder,
        on_progress=seen.append,
        should_stop=lambda: stop_at is not None and len(seen) >= stop_at,
    )


def curve_of(folder):
    lines = map(json.loads, (folder / "losses.jsonl").read_text().splitlines())
    return [(line["stage"], line["iteration"], line["loss"]) for line in lines]


def assert_same_weights(first, second):
    for one, other in zip(first.values(), second.values(), strict=True):
        assert torch.equal(one, other)


@pytest.fixture
def straight(tmp_path):
    """Weights and loss curve of a fit that nothing happened to."""
    trainer = trainer_of(tmp_path / "straight")
    trainer.fit()
    return trainer._fit.method.state_dict(), curve_of(tmp_path / "straight")


@pytest.fixture
def stopped(tmp_path):
    """The folder of a fit that was stopped in its second stage."""
    folder = tmp_path / "stopped"
    with pytest.raises(StopRequestedError):
        trainer_of(folder, stop_at=11).fit()
    return folder


def rewritten(change):
    """Damage that leaves a sound file of torch with other content."""

    def damage(path):
        state = torch.load(path, weights_only=True)
        torch.save(change(state) or state, path)

    return damage


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def write_nan_over_weights(path):
    content = path.read_bytes()
    first = torch.load(path, weights_only=True)["method"]["net.first.weight"]
    place = content.index(first.numpy().tobytes())
    path.write_bytes(content[:place] + b"\xff" * 8 + content[place + 8 :])


DAMAGES = {
    "cut in half": cut_in_half,
    "empty": lambda path: path.write_bytes(b""),
    "a text": lambda path: path.write_text("no checkpoint"),
    "bytes of NaN": write_nan_over_weights,
    "of another version": rewritten(lambda state: state.update(schema=0)),
    "without a schema": rewritten(lambda state: state.pop("schema") and None),
    "without weights": rewritten(lambda state: state.pop("method") and None),
    "with more than it should": rewritten(lambda state: state.update(more=1)),
    "a list": rewritten(lambda state: [1, 2]),
    "with a wrong type": rewritten(lambda state: state.update(iteration="3")),
    "of a stage that is not there": rewritten(lambda state: state.update(stage=5)),
    "with wrong records": rewritten(lambda state: state.update(finished=[{"name": "a"}])),
    "without a weight": rewritten(lambda state: state["method"].popitem() and None),
    "of another shape": rewritten(
        lambda state: state["module"].update({"own.weight": torch.zeros(3)})
    ),
    "without losses": rewritten(lambda state: state["losses"].clear()),
    "without the optimizer's groups": rewritten(lambda state: state["optimizer"].clear()),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_checkpoint_is_set_aside_and_training_starts_again(
    stopped, straight, damage, caplog
):
    path = stopped / "checkpoint" / "state.pt"
    damage(path)
    damaged = path.read_bytes()
    trainer = trainer_of(stopped)

    with caplog.at_level(logging.WARNING, "harness"):
        trainer.fit()

    assert path.with_name("state.pt.damaged-1").read_bytes() == damaged
    (note,) = trainer.notes
    assert note.startswith(f"the checkpoint {path} ")
    assert note.endswith("; it is now state.pt.damaged-1, and training starts again")
    assert "\n" not in note
    assert [record.getMessage() for record in caplog.records] == [note]
    assert_same_weights(trainer._fit.method.state_dict(), straight[0])
    assert curve_of(stopped) == straight[1]


def test_nothing_of_a_damaged_checkpoint_is_executed_nor_is_unsafe_loading_advised(stopped):
    path = stopped / "checkpoint" / "state.pt"
    torch.save({"schema": print}, path)

    with pytest.raises(DamagedFileError) as caught:
        load_checkpoint(path)

    assert str(caught.value) == f"the checkpoint {path} is damaged"


def test_training_resumes_as_if_it_had_never_stopped_whatever_preparing_draws(stopped, straight):
    trainer = trainer_of(stopped, first_weights=1)
    trainer.fit()

    assert trainer.notes == []
    assert_same_weights(trainer._fit.method.state_dict(), straight[0])
    assert curve_of(stopped) == straight[1]


@pytest.mark.parametrize(
    "content",
    [
        b"no curve\n",
        b"no curve",
        b"[1, 2]\n",
        b'{"stage": "one", "iteration": 1, "loss": 1.0}\n',
        b'{"stage": 0, "loss": 1.0}\n',
        b'{"stage": 0, "iteration": 1, "loss": null}\n',
        b"\xff\xfe\n",
        b"\0" * 64,
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_damaged_loss_curve_is_set_aside_and_training_resumes(stopped, straight, content):
    path = stopped / "losses.jsonl"
    path.write_bytes(content)
    trainer = trainer_of(stopped)

    trainer.fit()

    assert path.with_name("losses.jsonl.damaged-1").read_bytes() == content
    assert trainer.notes == [
        f"the loss curve {path} is damaged; it is now losses.jsonl.damaged-1, "
        "and the curve begins anew"
    ]
    assert_same_weights(trainer._fit.method.state_dict(), straight[0])
    assert curve_of(stopped) == straight[1][11:]


def test_a_full_disk_is_named_with_the_checkpoint_that_it_has_no_room_for(stopped, full_disk):
    checkpoint = load_checkpoint(stopped / "checkpoint" / "state.pt")
    path = stopped / "new.pt"
    full_disk(path)

    with pytest.raises(DiskFullError) as caught:
        checkpoint.save(path)

    assert str(caught.value) == f"the disk is full: cannot write {path}"
    assert not path.exists()
