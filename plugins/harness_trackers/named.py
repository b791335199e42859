"""The trackers that accelerate has, by name."""

from typing import Any, ClassVar

from harness_trackers.tracker import AccelerateTracker


class TensorBoard(AccelerateTracker):
    """TensorBoard's files, in a folder per fit."""

    name = "tensorboard"
    extra = "tensorboard"
    many_at_once = True
    of_images: ClassVar[dict[str, str]] = {"dataformats": "NHWC"}

    def options(self, run: str, title: str, facts: dict[str, Any]) -> dict[str, Any]:
        """The folder of a run has its name."""
        return {"run_name": run, "logging_dir": str(self.folder)}


class WandB(AccelerateTracker):
    """Weights & Biases; the environment says where, as for any of its programs."""

    name = "wandb"
    extra = "wandb"
    many_at_once = True
    takes_facts = False  # they would go to whichever run was begun last

    def options(self, run: str, title: str, facts: dict[str, Any]) -> dict[str, Any]:
        """A run of its own, beside those of other fits."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return {
            "run_name": self.project,
            "name": title,
            "config": facts,
            "dir": str(self.folder),
            "reinit": "create_new",
        }


class Aim(AccelerateTracker):
    """Aim, with its repository in the folder."""

    name = "aim"

    def options(self, run: str, title: str, facts: dict[str, Any]) -> dict[str, Any]:
        """A run with its title."""
        return {"run_name": title, "logging_dir": str(self.folder)}


class ClearML(AccelerateTracker):
    """ClearML."""

    name = "clearml"


class CometML(AccelerateTracker):
    """Comet."""

    name = "comet_ml"


class DVCLive(AccelerateTracker):
    """DVCLive."""

    name = "dvclive"


class MLflow(AccelerateTracker):
    """MLflow."""

    name = "mlflow"

    def options(self, run: str, title: str, facts: dict[str, Any]) -> dict[str, Any]:
        """An experiment for the project, and a run in it."""
        return {"experiment_name": self.project, "run_name": title}


class SwanLab(AccelerateTracker):
    """SwanLab."""

    name = "swanlab"


class Trackio(AccelerateTracker):
    """Trackio."""

    name = "trackio"
