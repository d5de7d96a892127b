"""What feedback does of itself, beside its three doors: hand in what was tapped and never finished."""
