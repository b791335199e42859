"""Plugins: how they are found, what they may say, and how what they bring is chosen and loaded."""
