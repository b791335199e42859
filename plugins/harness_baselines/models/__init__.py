"""Models that come along; their terms, training and scores stand in README.md beside them."""

from pathlib import Path

_FOLDER = Path(__file__).parent


def n2c_cameras() -> Path:
    """A U-Net that was trained on photographs through many simulated cameras."""
    return _FOLDER / "n2c_cameras.safetensors"
