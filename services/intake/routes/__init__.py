"""The routes of intake beside those of the api itself, a module per noun."""
