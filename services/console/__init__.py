"""Reads the four state streams and keeps a read model of them.

States nothing; owns that read model and the pages people see.
"""
