"""The tables of feedback beside those of the store itself, a module per noun."""
