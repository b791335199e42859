"""Announces the trackers that accelerate has."""

from harness import TrackerSpec, hookimpl

_NAMES = {
    "tensorboard": ("TensorBoard", "Files that TensorBoard shows, a run for every fit."),
    "wandb": ("WandB", "Weights & Biases, a run for every fit."),
    "aim": ("Aim", "Aim; a fit is told when it and its tests have ended."),
    "clearml": ("ClearML", "ClearML; a fit is told when it and its tests have ended."),
    "comet_ml": ("CometML", "Comet; a fit is told when it and its tests have ended."),
    "dvclive": ("DVCLive", "DVCLive; a fit is told when it and its tests have ended."),
    "mlflow": ("MLflow", "MLflow; a fit is told when it and its tests have ended."),
    "swanlab": ("SwanLab", "SwanLab; a fit is told when it and its tests have ended."),
    "trackio": ("Trackio", "Trackio; a fit is told when it and its tests have ended."),
}


@hookimpl
def harness_register_trackers() -> list[TrackerSpec]:
    """The names that accelerate gives them."""
    return [
        TrackerSpec(name=name, target=f"harness_trackers.named:{target}", summary=summary)
        for name, (target, summary) in _NAMES.items()
    ]
