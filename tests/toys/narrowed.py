"""Methods and networks of this project as narrow, and trained as small, as their idea allows.

What contracts and claims say of them does not depend on their width.
"""

UNET = "unet[width=4,levels=2]"

NARROWED = {
    "method amsnet": f"denoiser={UNET},train_stride=2,r3_times=1,batch_size=1,crop=48",
    "method apbsn": "width=4,blocks=1,r3_times=1,batch_size=1,crop=60",
    "method dbsn": "width=4,blocks=1,stride=3,batch_size=1,crop=48",
    "method lgbpn": (
        "width=4,head_width=2,blocks=1,transformer_blocks=1,r3_times=1,batch_size=1,crop=80"
    ),
    "method n2c": f"denoiser={UNET},batch_size=1,crop=32",
    "method n2v": f"denoiser={UNET},batch_size=1,crop=48",
    "method ssid": (
        f"bnn=ssid-bnn[size=5,width=4],lan=ssid-lan[width=4],denoiser={UNET},batch_size=1,crop=64"
    ),
    "network apbsn": "width=4,blocks=1",
    "network deamnet": "width=4",
    "network dncnn": "width=4,layers=3",
    "network lgbpn-local": "width=4,blocks=1",
    "network mwcnn": "width=4,deep_width=8",
    "network nafnet": "width=4",
    "network nafnet-baseline": "width=4",
    "network ssid-bnn": "width=4",
    "network ssid-lan": "width=4",
    "network ssid-unet": "width=4",
    "network unet": "width=4,levels=2",
}
"""Parameters by kind and name; those that are not here are small as they are."""


def narrowed(kind: str, name: str) -> str:
    """The selector of a narrow configuration."""
    parameters = NARROWED.get(f"{kind} {name}")
    return f"{name}[{parameters}]" if parameters else name
