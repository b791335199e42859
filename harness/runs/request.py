"""What a user asks of a run: the same from the command line, its configuration file, and Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from harness.data.roots import Roots
from harness.specs import Precision

METRICS = "psnr,ssim,lpips,latency,parameters"
"""What is measured unless the user says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a user asks of a run.

    Methods, datasets and metrics are selectors, such as ``mine`` or ``mine[width=32]``: a list, or
    one text in which commas separate them.

    Args:
        methods: methods to train and test.
        suite: name of a suite, whose methods are added, and whose datasets are tested on unless
            ``datasets`` says otherwise.
        datasets: datasets to test on; empty: those that their plugins offer for it.
        metrics: what to measure, in the order of the columns.
        protocol: name of a protocol, whose metrics come first and take the place of those of the
            same name that have no parameters; empty: none.
        split: split of the datasets to test on, such as ``tune`` while a method is being made.
        train: dataset to train on; empty: each tested dataset's own default.
        train_on: ``train``: the training images; ``test``: the noisy half of the test images.
        test_scenes: scenes, or groups such as ``phone=S6``, that are tested on and not trained on;
            without ``train``, the other scenes of each tested dataset are. Empty: no such split.
        clean: dataset whose clean images unpaired training takes; empty: other scenes of the
            training data.
        weights: files of pretrained weights by method, instead of training.
        budget: ``quick``, ``paper``, ``2000it``, ``15m`` or ``quick:2000it``.
        seeds: seeds of the fits; a table has mean and spread over them.
        device: ``cpu``; ``cuda`` for all GPUs, ``cuda:1`` or ``cuda:0,2`` for these alone; ``mps``;
            or ``auto`` for the GPUs if there are any.
        jobs: how many run side by side; None: one on each GPU, and one on other devices.
        precision: of training and inference; ``bf16`` and ``fp16`` are mixed with ``fp32``.
        processes: data-parallel processes of a fit.
        launcher: selector of a launcher; empty: the one that fits.
        launchers: selectors of the launchers of some methods, by the method's name or selector.
        accumulate: parts into which a batch is cut to save memory.
        compile: compile the stages with ``torch.compile``.
        checkpoint_seconds: wall time between checkpoints.
        images: denoised images to keep per method and dataset; None: all.
        image_bits: of these images; 16 are finer than what is scored.
        tile: side of the tiles for large images in pixels; None: as the harness chooses.
        roots: where datasets lie.
        out: folder of all results; what is done there is not done again.
        fresh: do again what is done.
        timeout: time in seconds that a job may run; None: no limit.
        detach: start what can be started, and leave it to a launcher whose jobs go on without this
            process; the same request without it takes them over.
        offline: download nothing; a metric whose data are missing says so.
        log_with: trackers that are told how fits go on, such as ``tensorboard``.
    """

    methods: str | Sequence[str] = ()
    suite: str = ""
    datasets: str | Sequence[str] = ()
    metrics: str | Sequence[str] = METRICS
    protocol: str = ""
    split: str = "test"
    train: str = ""
    train_on: Literal["train", "test"] = "train"
    test_scenes: str | Sequence[str] = ()
    clean: str = ""
    weights: Mapping[str, Path] = field(default_factory=dict)
    budget: str = "quick"
    seeds: Sequence[int] = (0,)
    device: str = "auto"
    jobs: int | None = None
    precision: Precision = "fp32"
    processes: int = 1
    launcher: str = ""
    launchers: Mapping[str, str] = field(default_factory=dict)
    accumulate: int = 1
    compile: bool = False
    checkpoint_seconds: float = 20.0
    images: int | None = 8
    image_bits: Literal[8, 16] = 8
    tile: int | None = None
    roots: Roots = field(default_factory=Roots)
    out: Path = Path("runs")
    fresh: bool = False
    timeout: float | None = None
    detach: bool = False
    offline: bool = False
    log_with: str | Sequence[str] = ()
