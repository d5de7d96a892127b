"""What a body decided last about an entry, and who was called to a meeting beside its members."""

from __future__ import annotations

from alembic import op

revision = "console_0005"
down_revision = "console_0004"
branch_labels = None
depends_on = None

_COLUMNS = """
ALTER TABLE topic_view ADD decision text;
ALTER TABLE meeting_view ADD invited text[] NOT NULL DEFAULT '{}', ADD place text NOT NULL DEFAULT '',
    ADD caller text NOT NULL DEFAULT '', ADD decide_by timestamptz;
CREATE INDEX topic_by_body ON topic_view (body, opened_at DESC);
CREATE INDEX meeting_by_body ON meeting_view (body, opens_at);
"""


def upgrade() -> None:
    """Add the columns, and the indexes by which a body's pages read."""
    for statement in filter(str.strip, _COLUMNS.split(";")):
        op.execute(statement)
