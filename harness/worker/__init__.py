"""What the process of a job does: carry out one fit or one cell, and leave a record."""
