"""Engines and migrations: one database, a schema and a role per service."""
