"""Tries configurations for the budget ``quick`` on images that are neither trained nor tested on.

::

    python tests/tuning/tune_quick.py                          # every method
    python tests/tuning/tune_quick.py ssid --seeds 0,1,2       # one, as its choice is confirmed
    python tests/tuning/tune_quick.py dbsn --try 'stride=2,crop=64' --try blocks=2

A candidate is what changes the configuration that a method has now; the first is that one itself.
Trained on the training images of ``camera`` and scored on its split ``tune``. What is wanted, in
this order: PSNR, at most 75 s of training on two idle cores (the table's column "trained"), a slope
of the colours near 1, and little spread over seeds. What was chosen is then run once on the blocks
of ``test``, and on real photographs that it was not chosen on.

Options after ``--`` go to ``harness run``. Results are kept in ``--out``, so a second call does
only what is new.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence

CANDIDATES: Mapping[str, Sequence[str]] = {
    "lgbpn": (
        "init=default,schedule=cosine",
        "head_width=4,learning_rate=0.004,iterations=850",
        "crop=64,learning_rate=0.004,iterations=1200",
        "branches=local,blocks=4,iterations=1200",
    ),
    "ssid": (
        "crop=64,batch_size=2,bnn=ssid-bnn[size=9],schedule=cosine",
        "bnn=ssid-bnn[size=9]",
        "bnn=ssid-bnn[width=6,size=5],bnn_iterations=700,lan_iterations=350",
        "lan=ssid-lan[size=3,blocks=6,init=default]",
        "lan=ssid-lan[size=9,init=default]",
        "denoiser=ssid-unet",
    ),
    "amsnet": (
        "denoiser=restormer,train_stride=4,crop=128,batch_size=2,iterations=1000,schedule=cosine",
        "denoiser=unet[width=16,tail=16],iterations=1000",
        "crop=120,batch_size=2,iterations=1800",
        "crop=72,iterations=2000",
        "train_stride=4,crop=128,batch_size=2",
        "variant=b-e",
    ),
    "dbsn": (
        "crop=96,learning_rate=0.003,schedule=cosine,iterations=2000",
        "stride=2,crop=64,iterations=2000",
        "stride=4,crop=96,iterations=2000",
        "blocks=2,iterations=1500",
    ),
}
"""Parameters in place of those that a method's configuration has now."""

METRICS = "psnr,ssim,colour,parameters"


def selectors(method: str, candidates: Sequence[str]) -> str:
    """The method as it is, and with each candidate's parameters."""
    changed = [f"{method}[{candidate}]" for candidate in candidates]
    return ",".join([method, *changed])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the candidates of the methods that are named; returns the worst exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "methods", nargs="*", metavar="METHOD", help="else all that have candidates"
    )
    parser.add_argument("--try", dest="candidates", action="append", help="instead of those here")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--out", default="tuning")
    known, rest = parser.parse_known_args(arguments)
    codes = []
    for method in known.methods or CANDIDATES:
        tried = CANDIDATES.get(method, ()) if known.candidates is None else known.candidates
        asked = ["--methods", selectors(method, tried), "--seeds", known.seeds, "--out", known.out]
        command = [sys.executable, "-m", "harness", "run", "--datasets", "camera"]
        command += ["--split", "tune", "--metrics", METRICS, *asked]
        codes.append(
            subprocess.run([*command, *(text for text in rest if text != "--")]).returncode
        )
    return max(codes, default=0)


if __name__ == "__main__":
    sys.exit(main())
