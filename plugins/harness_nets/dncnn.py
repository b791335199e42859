"""DnCNN: plain convolutions that estimate the noise.

Attributes are named as in the state dicts of the released checkpoints.
"""

from torch import Tensor, nn

from harness import Channels, Positive
from harness_nets.layers import planes_if_learning
from harness_nets.parameters import AtLeastTwo

EPSILON = 1e-4
"""Added to variances by batch normalisation, in the class of KAIR."""

MOMENTUM = 0.9
"""Share of the last batch in the running statistics: they are next to those of the last one."""


class DnCNN(nn.Module):
    r"""DnCNN (Zhang et al., TIP 2017), in the form that KAIR and AMSNet have it.

    .. math:: \hat x = y - f(y)

    with a sequence f of 3x3 convolutions; all but the first and the last are followed by batch
    normalisation, all but the last by ReLU. With the defaults it has 559,363 weights. No released
    file shows the depth that AMSNet's paper used; KAIR's colour networks without batch
    normalisation have 20 layers.

    Args:
        channels: number of channels of the images.
        width: channels inside the network.
        layers: number of convolutions.
        batch_norm: normalise between convolutions and ReLU; weights then have other names.

    Attributes:
        receptive_radius: how many pixels to each side an output pixel depends on, once it is
            trained; in training, batch normalisation sees the whole batch.
    """

    def __init__(
        self,
        channels: Channels = 3,
        width: Positive = 64,
        layers: AtLeastTwo = 17,
        batch_norm: bool = True,
    ) -> None:
        super().__init__()
        self.width = width
        body: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
        for _ in range(layers - 2):
            body.append(nn.Conv2d(width, width, 3, padding=1))
            if batch_norm:
                body.append(nn.BatchNorm2d(width, eps=EPSILON, momentum=MOMENTUM))
            body.append(nn.ReLU(inplace=True))
        self.model = nn.Sequential(*body, nn.Conv2d(width, channels, 3, padding=1))
        self.receptive_radius = layers

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoise N x channels x H x W in [0, 1]; any H and W; not clipped."""
        noise: Tensor = self.model(planes_if_learning(noisy, self.width))
        return noisy - noise
