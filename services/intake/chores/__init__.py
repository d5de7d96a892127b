"""What intake does of itself, beside its three doors: read texts with a model, tell reporters, sweep what is past."""
