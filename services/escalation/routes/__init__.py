"""HTTP of escalation by noun, where it has outgrown the api."""
