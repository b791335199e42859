"""The page: one HTML file with tables, pictures and plots, which opens from disk."""
