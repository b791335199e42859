"""A method that breaks its contract is caught by a message that names the cause."""

import pytest

from harness.testing.contracts import MethodContract

PLAIN = """
import torch
from torch import nn
from harness import Method, MethodSpec, hookimpl

@hookimpl
def harness_register_methods():
    return MethodSpec(name="mine", target="PLUGIN:Mine", summary="Whatever.")

class Mine(Method):
    def denoise(self, noisy):
        return noisy
"""
TRAINED = """
import torch
from torch import nn
from harness import Channels, Method, MethodSpec, Recipe, Stage, hookimpl

@hookimpl
def harness_register_methods():
    return MethodSpec(name="mine", target="PLUGIN:Mine", summary="Whatever.", trains=True)

class Only(Stage):
    name = "only"
    recipe = Recipe(iterations=10, batch_size=2, crop=16, learning_rate=1e-2)

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, batch):
        return (self.network(batch.noisy) - batch.noisy).square().mean()

class Mine(Method):
    '''Learns.

    Args:
        channels: number of channels of the images.
    '''

    receptive_radius = 1

    def __init__(self, channels: Channels = 3):
        super().__init__()
        self.network = nn.Conv2d(channels, channels, 3, padding=1)

    def stages(self):
        return [Only(self.network)]

    def denoise(self, noisy):
        return self.network(noisy)
"""


@pytest.mark.parametrize("source", [PLAIN, TRAINED])
def test_a_sound_method_passes(failures, source):
    assert failures(MethodContract, source) == {}


@pytest.mark.parametrize(
    ("before", "after", "test", "says"),
    [
        pytest.param(
            "return noisy",
            "return noisy + torch.rand(1, generator=GENERATOR)",
            "test_the_same_seed_gives_the_same_image",
            "draw from the generators of Python, NumPy or torch",
            id="not-deterministic",
        ),
        pytest.param(
            "return noisy",
            "return noisy[..., 1:]",
            "test_images_of_any_size_keep_their_shape",
            "an image of 32x32 pixels and 1 channel: PluginError: Mine was given images of shape "
            "(1, 1, 32, 32) and returned shape (1, 1, 32, 31)",
            id="changes-size",
        ),
        pytest.param(
            "return noisy",
            "self.seen = getattr(self, 'seen', 0) + noisy.mean(); return noisy + self.seen",
            "test_nothing_is_kept_from_image_to_image",
            "denoise keeps something; compute it anew for every image",
            id="keeps-state",
        ),
        pytest.param(
            "return noisy",
            "return 255 * noisy",
            "test_1_is_white",
            "denoise returns pixels of which 1 is white",
            id="other-range",
        ),
        pytest.param(
            "return noisy",
            "noisy += 0.1; return noisy",
            "test_the_image_that_it_is_given_stays",
            "leave out operations in place",
            id="in-place",
        ),
        pytest.param(
            "return noisy",
            "return noisy - noisy.mean()",
            "test_images_of_a_batch_are_denoised_as_alone",
            "compute nothing over the batch",
            id="statistics-of-the-batch",
        ),
        pytest.param(
            "def denoise(self, noisy):",
            "receptive_radius = 0\n\n    def denoise(self, noisy):\n        noisy = noisy.roll(1)",
            "test_tiles_give_what_the_whole_image_gives",
            "depends on more than the 0 pixels to each side of receptive_radius",
            id="sees-further-than-it-says",
        ),
        pytest.param(
            "return noisy",
            "import sys; frame = sys._getframe()\n"
            "        while not isinstance(frame.f_locals.get('clean'), torch.Tensor):\n"
            "            frame = frame.f_back\n"
            "        return noisy + 0.1 * frame.f_locals['clean'].mean()",
            "test_clean_images_change_nothing",
            "where clean images are replaced by noise: it reads clean images",
            id="peeks",
        ),
        pytest.param(
            "return noisy",
            "return noisy + torch.zeros(1, 1, *noisy.shape[2:])[..., :128, :128]",
            "test_a_large_image_keeps_its_shape",
            "an image of 150x131 pixels and 3 channels: RuntimeError",
            id="small-images-alone",
        ),
        pytest.param(
            "return noisy",
            "return noisy / (noisy.shape[-1] - 1)",
            "test_images_of_any_size_keep_their_shape",
            "an image of 1x1 pixels and 1 channel: HarnessError: Mine returned infinite",
            id="not-finite",
        ),
        pytest.param(
            'summary="Whatever."',
            'summary="Whatever.", trains=True',
            "test_two_steps_change_what_it_trains",
            "two steps of training: PluginError: the method says that it trains, but has no stage",
            id="no-stage",
        ),
        pytest.param(
            "    def denoise",
            "    def __init__(self, size: int = 3):\n        super().__init__()\n\n    def denoise",
            "test_the_help_of_every_parameter_stands_on_its_own",
            "parameter 'size' has no help: say below Args what it is",
            id="no-help",
        ),
        pytest.param(
            "@hookimpl",
            "@hookimpl\ndef harness_register_method():\n    pass\n\n@hookimpl",
            "test_it_is_announced_without_a_problem",
            "there is no hook harness_register_method; did you mean",
            id="misspelt-hook",
        ),
    ],
)
def test_a_mutant_is_caught(failures, before, after, test, says):
    generator = "GENERATOR = torch.Generator(); GENERATOR.seed()\n"
    source = PLAIN.replace("@hookimpl", f"{generator}\n@hookimpl", 1).replace(before, after, 1)
    caught = failures(MethodContract, source, test)
    assert says in caught[test]


@pytest.mark.parametrize(
    ("before", "after", "test", "says"),
    [
        pytest.param(
            ", trains=True",
            "",
            "test_it_says_that_it_trains_if_it_has_stages",
            "it has stages, and its spec does not say so: say trains=True",
            id="trains-in-secret",
        ),
        pytest.param(
            "batch.noisy).square()",
            "batch.noisy + torch.rand(1, generator=GENERATOR)).square()",
            "test_the_same_seed_trains_the_same_weights",
            "trained twice with the same seed, network.weight differs (2 of 2 tensors)",
            id="not-deterministic-in-training",
        ),
        pytest.param(
            "square().mean()",
            "square().mean().detach().requires_grad_()",
            "test_two_steps_change_what_it_trains",
            "two steps of training changed no weight",
            id="no-gradient",
        ),
        pytest.param(
            "channels: Channels = 3",
            "channels: int = 3",
            "test_images_of_any_size_keep_their_shape",
            "an image of 32x32 pixels and 1 channel: RuntimeError",
            id="colour-alone",
        ),
        pytest.param(
            "return (self.network(batch.noisy)",
            "self.steps = getattr(self, 'steps', 0) + 1\n"
            "        return self.steps * (self.network(batch.noisy)",
            "test_resumed_in_the_middle_it_trains_the_same_weights",
            "stopped after a step and resumed, it trains other weights: network.",
            id="forgets-its-steps",
        ),
        pytest.param(
            "[Only(self.network)]",
            "[Only(self.network), Only(self.network)]",
            "test_its_stages_have_names_of_their_own",
            "two of the stages only, only share a name",
            id="two-names",
        ),
    ],
)
def test_a_mutant_that_trains_is_caught(failures, before, after, test, says):
    generator = "GENERATOR = torch.Generator(); GENERATOR.seed()\n"
    source = TRAINED.replace("@hookimpl", f"{generator}\n@hookimpl", 1).replace(before, after, 1)
    caught = failures(MethodContract, source, test)
    assert says in caught[test]


def test_the_buffer_in_which_something_is_kept_is_named(failures):
    source = PLAIN.replace(
        "    def denoise(self, noisy):\n        return noisy",
        "    def __init__(self):\n        super().__init__()\n"
        "        self.register_buffer('level', torch.zeros(()))\n\n"
        "    def denoise(self, noisy):\n        self.level += noisy.mean()\n"
        "        return noisy - self.level",
    )
    caught = failures(MethodContract, source)["test_nothing_is_kept_from_image_to_image"]
    assert "denoise changes level; compute it anew for every image" in caught


def test_what_is_not_saved_is_caught(failures):
    source = TRAINED.replace(
        "        self.network = nn",
        "        self.strength = float(torch.rand(()))\n        self.network = nn",
    ).replace("return self.network(noisy)", "return self.strength * self.network(noisy)")
    caught = failures(MethodContract, source)
    assert list(caught) == ["test_saved_weights_denoise_as_the_method_does"]
    assert "must be in parameters or buffers" in caught.popitem()[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "self.network.bias.data += batch.noisy.mean()",
            "two processes end with other weights than each other: network.bias differs; let "
            "nothing but the loss change weights",
        ),
        (
            "batch.noisy.mul_(1 - 2 * int(os.environ.get('RANK', 0)))",
            "let what a process computes not depend on its rank",
        ),
        (
            "assert 'RANK' not in os.environ, 'alone'",
            "trained by two processes, it fails: AssertionError: alone",
        ),
    ],
)
def test_what_goes_wrong_in_two_processes_alone_is_caught(failures, statement, says):
    test = "test_two_processes_train_what_one_does"
    source = TRAINED.replace("return (self", f"import os; {statement}\n        return (self")
    assert says in failures(MethodContract, source, test)[test]


def test_a_colour_method_may_say_that_it_is_one(failures):
    source = TRAINED.replace("channels: Channels = 3", "channels: int = 3")
    assert failures(MethodContract, source, channels=(3,)) == {}
