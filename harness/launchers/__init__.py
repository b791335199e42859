"""Where the process of a job starts."""
