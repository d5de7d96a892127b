"""Reads of escalation's tables by noun, where they have outgrown the store."""
