"""Scoring, timing and cost of a method on a split."""
