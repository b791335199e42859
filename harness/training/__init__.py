"""Training: sampler, trainer, checkpoints, budgets."""
