"""Announces SSID, its three networks, the report on noise priors, and the paper's ablations."""

from harness import MethodSpec, NetworkSpec, Published, SuiteSpec, hookimpl
from harness_nets.tuning import TUNE
from harness_ssid.suites import PAPER, SIDD, SUITES, validation

NOTES = (
    "The default is the released code, which differs from the paper. Its LAN learns by the plain "
    "absolute error, lan_loss=flat-weighted is Eq. 4; the author expects little difference. The "
    "LAN has one 3x3 convolution and six blocks of 1x1 convolutions with channel attention, whose "
    "averages over the image make its outputs for crops and tiles differ from that for the whole. "
    "Alpha lies between 0.27 and 1, so both networks have a say everywhere. Published values on "
    "servers come with self_ensemble=true, those on the validation blocks without. Teachers are "
    "the last weights of their stages, not the best, which would take clean images to find; they "
    "run anew on every crop, for crops are drawn by the trainer. A stage whose network the output "
    "does not depend on is left out: output=bnn trains the BNN alone. The last layers compute in "
    "single precision whatever --precision says: their values go up to 255, of which bfloat16 "
    "tells only whole ones apart. Pretrained weights of one network are enough where the output "
    "needs no other: those of the denoiser for the default."
)


@hookimpl
def harness_register_methods() -> MethodSpec:
    """SSID."""
    return MethodSpec(
        name="ssid",
        target="harness_ssid.method:SSID",
        summary="SSID: blind-neighbourhood network, locally aware network, denoiser of both.",
        trains=True,
        quick={
            "bnn": "ssid-bnn[size=5]",
            "denoiser": "unet",
            "iterations": 480,
            "bnn_iterations": 550,
            "lan_iterations": 450,
            "batch_size": 1,
            "crop": 128,
            "learning_rate": 3e-3,
            "schedule": "one-cycle",
        },
        quick_chosen_on=TUNE,
        published=(
            *validation("Table 1", 37.39, 0.934),
            Published(
                dataset="sidd-validation",
                metric="lpips",
                value=0.176,
                source="Table 1",
                protocol="not stated",
                trained_on=SIDD,
            ),
        ),
        notes=NOTES,
        paper=PAPER,
        assumes="zero mean; correlated over no more than the BNN's blind neighbourhood in flat "
        "areas, and than the LAN's receptive field in textured ones",
        blind="{bnn}",
        licence="authors' code and weights: GPL-3.0; this one is written anew",
    )


@hookimpl
def harness_register_networks() -> tuple[NetworkSpec, ...]:
    """The three networks of SSID."""
    return (
        NetworkSpec(
            name="ssid-bnn",
            target="harness_ssid.blind:BlindNeighbourhoodNetwork",
            summary="The BNN of SSID: four half-planes, blind to a square around the pixel.",
            roles=("blind",),
            blind="{size}x{size}",
            quick={"width": 8},
            paper=PAPER,
        ),
        NetworkSpec(
            name="ssid-lan",
            target="harness_ssid.local:LocallyAwareNetwork",
            summary="The LAN of SSID: few neighbours, and channel attention over the image.",
            roles=("local",),
            quick={"width": 16, "size": 5, "blocks": 2, "init": "orthogonal"},
            paper=PAPER,
        ),
        NetworkSpec(
            name="ssid-unet",
            target="harness_ssid.encoder_decoder:UNet",
            summary="The denoiser of SSID: a small U-Net as in Noise2Noise.",
            roles=("denoiser",),
            quick={"width": 8},
            paper=PAPER,
        ),
    )


@hookimpl
def harness_register_suites() -> tuple[SuiteSpec, ...]:
    """The report's table, and the paper's ablations."""
    return SUITES
