"""The office pages, one module each."""
