"""The tables of intake beside those of the store itself, a module per noun."""
