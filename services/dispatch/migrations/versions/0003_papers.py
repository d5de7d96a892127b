"""Papers of an order are made of its facts: those are found by their order."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = "shell_0001"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX journal_papers ON journal (subject) WHERE type IN ('order.dispatched.v1', 'order.accepted.v1',"
        " 'order.handled.v1', 'order.verified.v1', 'order.verification_failed.v1')"
    )
