"""What scores say of a difference: intervals over scenes, tests over seeds, ties; free of torch."""
