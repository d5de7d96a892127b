"""The routes of feedback beside those of the api itself, a module per noun."""
