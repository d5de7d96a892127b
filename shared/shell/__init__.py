"""The shell, once for all services: three doors, one transaction, nothing lost, doubled or reordered (no business)."""
