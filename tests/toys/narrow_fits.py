"""All methods of the project that train, so narrow that a step takes milliseconds."""

from collections.abc import Iterator
from pathlib import Path

from accelerate import Accelerator
from torch import Tensor
from toys import Scenes

from harness.methods.method import Method
from harness.plugin.registry import Registry, load_registry
from harness.training.budget import parse_budget
from harness.training.trainer import Trainer, TrainingOptions
from harness.util.seeding import derive_seed, seed_all

NARROW = {
    "amsnet": "amsnet[crop=48,denoiser=restormer[width=8,blocks=[0,0,0,1]]]",
    "apbsn": "apbsn[crop=40,width=4,blocks=1]",
    "dbsn": "dbsn[stride=4,distill=true,width=4,crop=40,batch_size=4,student_crop=40,"
    "student=mwcnn[width=4,deep_width=4]]",
    "lgbpn": "lgbpn[crop=40,batch_size=4,width=4,head_width=4,blocks=1]",
    "n2c": "n2c[crop=32,denoiser=unet[width=4,levels=2,tail=4]]",
    "n2v": "n2v[crop=32,batch_size=4,denoiser=unet[width=4,levels=2,tail=4]]",
    "ssid": "ssid[crop=32,batch_size=4,bnn=ssid-bnn[width=4],lan=ssid-lan[width=4,blocks=1],"
    "denoiser=ssid-unet[width=4]]",
}
"""As they are by default but for their sizes: every stage, and D-BSN's stride of photographs."""


def registry() -> Registry:
    """Knows the methods."""
    return load_registry()


def narrow_method(name: str) -> Method:
    """One of them, with weights that are always the same."""
    known = registry()
    seed_all(derive_seed(0, "weights", name))
    return known.build(known.choose("method", NARROW[name], quick=True), 3)


def narrow_stages() -> Iterator[tuple[str, int, str]]:
    """All stages: method, index, and name of the stage."""
    for name in NARROW:
        for index, stage in enumerate(narrow_method(name).stages()):
            yield name, index, stage.name


def trained_weights(
    name: str, accelerator: Accelerator, folder: Path, steps: int = 8
) -> dict[str, Tensor]:
    """The weights after some steps, of which every stage has its share."""
    method = narrow_method(name)
    samples = Scenes(count=4).samples("train")
    options = TrainingOptions(
        budget=parse_budget(f"quick:{steps}it"),
        seed=7,
        view="pairs",
        accumulate=accelerator.gradient_accumulation_steps,
    )
    Trainer(method, samples, accelerator, options, folder / name, clean_samples=samples).fit()
    return {key: value.cpu().clone() for key, value in method.state_dict().items()}
