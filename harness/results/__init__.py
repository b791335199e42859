"""What a run is made of, free of torch: jobs, records, the plan, and how far a job is."""
