"""What feedback writes for people: bulletins of published scores."""
