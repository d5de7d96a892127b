"""What-if on a recorded period: the same people do the same things, another city file decides what comes of it."""
