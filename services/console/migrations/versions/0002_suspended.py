"""A suspended case is an open one."""

from __future__ import annotations

from alembic import op

revision = "console_0002"
down_revision = "console_0001"
branch_labels = None
depends_on = None

_OPEN = """
DROP INDEX case_open;
CREATE INDEX case_open ON case_view (unit, rung, status, overdue, reminded, supervised)
    WHERE status IN ('registered', 'waiting', 'dispatched', 'accepted', 'suspended', 'handled', 'verified',
                     'escalated');
"""


def upgrade() -> None:
    """Let the index of open cases hold it too."""
    for statement in filter(str.strip, _OPEN.split(";")):
        op.execute(statement)
