"""Classical denoisers, as a measure for those that learn."""
