"""The launcher for clusters on which Slurm schedules, by ``sbatch``, ``squeue`` and ``scancel``."""
