"""Today's scores against yesterday's: verdicts, tolerances, baselines, and what CI reads."""
