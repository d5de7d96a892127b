"""Residents' texts: what one is about and by which words, and which of many tell of the same thing."""
