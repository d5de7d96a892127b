"""A running city under load whose processes are killed, held still and starved; afterwards everything is counted."""
