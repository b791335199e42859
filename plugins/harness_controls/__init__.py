"""Controls: a floor and a ceiling that every table should contain."""
