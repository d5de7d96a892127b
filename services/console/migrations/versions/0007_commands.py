"""What became of one's commands, until it was read."""

from __future__ import annotations

from alembic import op

revision = "console_0007"
down_revision = "console_0006"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE command (
    login text NOT NULL REFERENCES account ON DELETE CASCADE, key text NOT NULL, service text NOT NULL,
    path text NOT NULL, case_id text NOT NULL, page text NOT NULL, acted_at timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT now(), state text NOT NULL DEFAULT 'sent', rule text NOT NULL DEFAULT '',
    field text NOT NULL DEFAULT '', title text NOT NULL DEFAULT '', title_en text NOT NULL DEFAULT '',
    read_at timestamptz, PRIMARY KEY (login, key));
CREATE INDEX command_by_age ON command (at);
CREATE INDEX command_unread ON command (login) WHERE read_at IS NULL
"""


def upgrade() -> None:
    """Make the table."""
    for statement in filter(str.strip, _TABLES.split(";")):
        op.execute(statement)
