"""Neighbor2Neighbor, a method for harness."""
