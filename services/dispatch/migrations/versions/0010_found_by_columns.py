"""Wishes, projects and items are found by columns of their own.

With an index on `state` every change of any subject, a case too, was written to all of the row's indexes: PostgreSQL
asks whether an indexed column changed, not whether the row stands in that index.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for kind, key in (("wish", "community"), ("project", "community"), ("item", "community"), ("item", "owner")):
        op.execute(f"DROP INDEX subject_{kind}_{key}")
    op.execute(
        "ALTER TABLE subject ADD community text GENERATED ALWAYS AS (CASE WHEN kind IN ('wish', 'project', 'item')"
        " THEN state->>'community' END) STORED, ADD owner text GENERATED ALWAYS AS (CASE WHEN kind = 'item'"
        " THEN state->>'owner' END) STORED"
    )
    op.execute("CREATE INDEX subject_community ON subject (kind, community, id) WHERE community IS NOT NULL")
    op.execute("CREATE INDEX subject_owner ON subject (owner, id) WHERE owner IS NOT NULL")
