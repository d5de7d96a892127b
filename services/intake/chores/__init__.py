"""What intake does of itself, beside its three doors: tell reporters, sweep what has been kept long enough."""
