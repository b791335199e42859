"""Trackers of experiments, by way of accelerate."""
