"""Runs: what is planned, what is done, and what is known of it afterwards."""
