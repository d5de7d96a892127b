"""Several reporters of a case, remarks by id, the desk's tasks, exclusions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "feedback_0012"
down_revision = "feedback_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("answer", sa.Column("reporter", sa.Text, nullable=False, server_default="r1"))
    op.alter_column("answer", "reporter", server_default=None)
    op.drop_constraint("answer_pkey", "answer")
    op.create_primary_key("answer_pkey", "answer", ["case_id", "reporter"])
    op.add_column("remark", sa.Column("id", sa.Text))
    op.add_column("remark", sa.Column("reporter", sa.Text, nullable=False, server_default="r1"))
    op.execute("UPDATE remark SET id = case_id || '/' || round || '/' || kind")
    op.alter_column("remark", "reporter", server_default=None)
    op.drop_constraint("remark_pkey", "remark")
    op.create_primary_key("remark_pkey", "remark", ["id"])
    op.create_index("remark_of_case", "remark", ["case_id"])
    op.create_table(
        "task",
        sa.Column("kind", sa.Text),
        sa.Column("case_id", sa.Text),
        sa.Column("round", sa.Integer),
        sa.Column("reporter", sa.Text),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("tried_on", sa.Date),
        sa.Column("outcome", sa.Text),
        sa.PrimaryKeyConstraint("kind", "case_id", "round", "reporter"),
    )
    op.create_index("task_waiting", "task", ["kind", "due_at"], postgresql_where=sa.text("outcome IS NULL"))
    op.create_table(
        "exclusion",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decide_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("supported_by", sa.Text),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Text),
        sa.Column("lapsed", sa.Boolean, nullable=False),
    )
    op.create_index("exclusion_of_unit", "exclusion", ["unit", "period"])
