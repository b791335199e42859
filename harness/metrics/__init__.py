"""The metrics that come with the harness."""
