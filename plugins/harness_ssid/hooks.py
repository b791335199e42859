"""Announces SSID, its three networks, the report on noise priors, and the paper's ablations."""

from harness import MethodSpec, NetworkSpec, Parameter, Published, SuiteSpec, hookimpl
from harness_nets.parameters import CHANNELS, training
from harness_ssid.suites import PAPER, SUITES, validation

WIDTH = Parameter(
    name="width", default=48, minimum=1, help="channels of the encoder; the decoder has twice that"
)

NOTES = (
    "The default is the released code, which differs from the paper. Its LAN learns by the plain "
    "absolute error, lan_loss=flat-weighted is Eq. 4; the author expects little difference. The "
    "LAN has one 3x3 convolution and six blocks of 1x1 convolutions with channel attention, whose "
    "averages over the image make its answers to crops and tiles differ from those to the whole. "
    "Alpha lies between 0.27 and 1, so both networks have a say everywhere. Published values on "
    "servers come with self_ensemble=true, those on the validation blocks without. Teachers are "
    "the last weights of their stages, not the best, which would take clean images to find; they "
    "run anew on every crop, for crops are drawn by the trainer. A stage whose network nothing "
    "asks for is left out: output=bnn trains the BNN alone. The last layers compute in single "
    "precision whatever --precision says: their values go up to 255, of which bfloat16 tells only "
    "whole ones apart. A published file of one network is enough where the answer needs no other: "
    "the denoiser's for the default."
)


@hookimpl
def harness_register_methods() -> MethodSpec:
    """SSID."""
    return MethodSpec(
        name="ssid",
        target="harness_ssid.method:SSID",
        summary="SSID: blind-neighbourhood network, locally aware network, denoiser of both.",
        trains=True,
        parameters=(
            CHANNELS,
            Parameter(
                name="bnn",
                default="ssid-bnn",
                role="blind",
                help="network that teaches flat places",
            ),
            Parameter(
                name="lan", default="ssid-lan", role="local", help="network that teaches texture"
            ),
            Parameter(
                name="denoiser",
                default="ssid-unet",
                role="denoiser",
                help="network that learns from both",
            ),
            Parameter(
                name="lan_loss",
                default="plain",
                choices=("plain", "flat-weighted"),
                help="as released, or weighted by 1 - alpha as in Eq. 4",
            ),
            Parameter(
                name="lan_target",
                default="bnn",
                choices=("bnn", "noisy"),
                help="what the LAN learns from: the BNN's answer, or the noisy image",
            ),
            Parameter(
                name="supervision",
                default="adaptive",
                choices=("adaptive", "both", "bnn", "lan"),
                help="of the denoiser: both by alpha, both alike, or one alone, Table 2",
            ),
            Parameter(
                name="output",
                default="denoiser",
                choices=("denoiser", "bnn", "lan", "fusion"),
                help="what it answers with: a network, or BNN and LAN joined by alpha, Table 3",
            ),
            Parameter(
                name="self_ensemble",
                default=False,
                help="average over eight flips and turns of the image, as on benchmark servers",
            ),
            *training(
                iterations=400_000,
                batch_size=8,
                crop=256,
                learning_rate=3e-4,
                iterations_help="of each stage",
                crop_help="side of the crops in pixels, a multiple of 32",
            ),
        ),
        quick={
            "iterations": 600,
            "batch_size": 2,
            "crop": 64,
            "learning_rate": 3e-3,
        },
        published=(
            *validation("Table 1", 37.39, 0.934),
            Published(dataset="sidd-validation", metric="lpips", value=0.176, source="Table 1"),
        ),
        notes=NOTES,
        paper=PAPER,
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
            parameters=(
                CHANNELS,
                WIDTH,
                Parameter(name="size", default=9, minimum=1, help="of the blind square; odd"),
                Parameter(
                    name="features",
                    value_type=int,
                    minimum=1,
                    help="channels of the result, for a method in which it is a branch",
                ),
            ),
            quick={"width": 8},
            paper=PAPER,
        ),
        NetworkSpec(
            name="ssid-lan",
            target="harness_ssid.local:LocallyAwareNetwork",
            summary="The LAN of SSID: few neighbours, and channel attention over the image.",
            roles=("local",),
            parameters=(
                CHANNELS,
                Parameter(name="width", default=64, minimum=1, help="channels of the network"),
                Parameter(name="size", default=3, minimum=1, help="of the local square; odd"),
                Parameter(
                    name="blocks", default=6, minimum=1, help="residual, with channel attention"
                ),
            ),
            quick={"width": 16},
            paper=PAPER,
        ),
        NetworkSpec(
            name="ssid-unet",
            target="harness_ssid.encoder_decoder:UNet",
            summary="The denoiser of SSID: a small U-Net as in Noise2Noise.",
            roles=("denoiser",),
            parameters=(CHANNELS, WIDTH),
            quick={"width": 8},
            paper=PAPER,
        ),
    )


@hookimpl
def harness_register_suites() -> tuple[SuiteSpec, ...]:
    """The report's table, and the paper's ablations."""
    return SUITES
