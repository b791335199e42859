"""What every job imports; imported once by the server that jobs are forked from."""

import accelerate  # noqa: F401
import lpips  # noqa: F401
import skimage.metrics  # noqa: F401
import torch  # noqa: F401

import harness.evaluation
import harness.runs.worker
import harness.training.trainer  # noqa: F401
