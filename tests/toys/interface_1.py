"""A whole plugin as it was written for interface 1; it must run as it stands."""

import numpy as np
from torch import nn
from torch.nn import functional as F

from harness import (
    Constant,
    Dataset,
    DatasetSpec,
    Method,
    MethodSpec,
    MetricSpec,
    NetworkSpec,
    NoisyBatch,
    Parameter,
    Recipe,
    ReportSpec,
    Sample,
    Stage,
    build_network,
    hookimpl,
)


@hookimpl
def harness_register_methods():
    return [
        MethodSpec(
            name="old",
            target="interface_1:Old",
            summary="Learns to predict a pixel that was hidden.",
            trains=True,
            parameters=(
                Parameter(name="channels", default=3, help="of the images"),
                Parameter(name="net", default="old-net", role="denoiser"),
                Parameter(name="limit", value_type=int),
                Parameter(name="sizes", default=(3, 3), many=True, minimum=1),
                Parameter(name="loss", default="l2", choices=("l1", "l2")),
                Parameter(name="iterations", default=6, minimum=1),
            ),
            quick={"iterations": 4},
            api=1,
        ),
        MethodSpec(name="bare", target="interface_1:Bare", summary="Declares nothing."),
    ]


@hookimpl
def harness_register_networks():
    return NetworkSpec(
        name="old-net",
        target="interface_1:old_net",
        summary="One convolution.",
        roles=("denoiser",),
        parameters=(Parameter(name="channels", default=3), Parameter(name="kernel", default=1)),
        quick={"kernel": 3},
        api=1,
    )


@hookimpl
def harness_register_datasets():
    return DatasetSpec(
        name="ramps",
        target="interface_1:Ramps",
        summary="Grey ramps with noise.",
        splits=("train", "test"),
        trains_on="ramps[count={count}]",
        parameters=(Parameter(name="count", default=2, minimum=1),),
        api=1,
    )


@hookimpl
def harness_register_metrics():
    return MetricSpec(
        name="distance",
        target="interface_1:distance",
        summary="Mean distance to the truth.",
        parameters=(Parameter(name="power", default=1.0, minimum=1),),
        label="Distance",
        protocol="power {power:g}",
        higher_is_better=False,
        decimals=3,
        tolerance=0.001,
        api=1,
    )


@hookimpl
def harness_register_reports():
    return ReportSpec(
        name="words", target="interface_1:words", summary="Words.", filename="words.txt", api=1
    )


def old_net(channels=3, kernel=1):
    net = nn.Conv2d(channels, channels, kernel, padding=kernel // 2)
    net.reach = kernel // 2
    return net


class Training(Stage):
    name = "training"

    def __init__(self, net, loss, iterations):
        super().__init__()
        self.net = net
        self.loss = F.l1_loss if loss == "l1" else F.mse_loss
        self.recipe = Recipe(
            iterations=iterations,
            batch_size=2,
            crop=16,
            learning_rate=1e-2,
            schedule=Constant(),
        )

    def forward(self, batch: NoisyBatch):
        return self.loss(self.net(batch.noisy.roll(1, 3)), batch.noisy)


class Old(Method):
    reach = 1

    def __init__(
        self, channels=3, net="old-net", limit=None, sizes=(3, 3), loss="l2", iterations=6
    ):
        super().__init__()
        assert limit is None or isinstance(limit, int)
        assert [type(size) for size in sizes] == [int, int]
        self.net = build_network(net, "denoiser", channels=channels)
        self.loss = loss
        self.iterations = iterations

    def stages(self):
        return [Training(self.net, self.loss, self.iterations)]

    def denoise(self, noisy):
        return self.net(noisy)

    def load_published(self, checkpoint):
        super().load_published(checkpoint["wrapped"])


class Bare(Method):
    reach = 0

    def __init__(self, channels=3, ignored=None):
        super().__init__()
        assert channels == 3  # it never declared that this is set from the images

    def denoise(self, noisy):
        return noisy * 0.5


class Ramps(Dataset):
    def __init__(self, count=2):
        self.count = count

    def samples(self, split):
        clean = np.tile(np.arange(48, dtype=np.uint8)[:, None, None] * 4, (1, 40, 1))
        noise = np.random.default_rng(len(split)).normal(0, 20, clean.shape)
        noisy = (clean + noise).clip(0, 255).astype(np.uint8)
        names = [f"{split}-{index}" for index in range(self.count)]
        return [Sample(name, name, lambda: noisy, lambda: clean) for name in names]


def distance(denoised, clean, *, power):
    return (denoised - clean).abs().pow(power).mean((1, 2, 3))


def words(run):
    return "\n".join(f"{cell.method} on {cell.dataset}" for cell in run.cells)
