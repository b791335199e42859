"""Trained models as files: written from a run, loaded anywhere, and put to work on images."""
