"""The images that configurations of the budget ``quick`` were chosen on, as specs say it."""

TUNE = "camera, split tune"
"""Neither trained nor tested on; see tests/tuning."""

TEST = "camera, split test"
"""Those that they are tested on, before there was a split to tune on."""
