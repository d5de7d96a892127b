"""Filters of the list of cases that a person has saved."""

from __future__ import annotations

from alembic import op

revision = "console_0008"
down_revision = "console_0007"
branch_labels = None
depends_on = None

_TABLE = """
CREATE TABLE saved_filter (
    login text NOT NULL REFERENCES account ON DELETE CASCADE, name text NOT NULL, query text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (login, name))
"""


def upgrade() -> None:
    """Make the table."""
    op.execute(_TABLE)
