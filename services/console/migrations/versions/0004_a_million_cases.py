"""Kept counters, words to search by, and an index for each order of the list: the same cost at a million cases."""

from __future__ import annotations

from alembic import op

from services.console.projection import tally, words
from services.console.projection.case import CaseRow

revision = "console_0004"
down_revision = "console_0003"
branch_labels = None
depends_on = None

_COLUMNS = "figure, registered_at, closed_at, status, reminded, overdue, supervised, on_time, path, unit"
_TABLES = f"""
CREATE TABLE case_tally (
    slot integer NOT NULL, figure text NOT NULL, registered_at timestamptz, closed_at timestamptz, status text,
    reminded boolean, overdue boolean, supervised boolean, on_time boolean, path text[], unit text, n bigint NOT NULL)
    WITH (fillfactor = 50);
CREATE UNIQUE INDEX case_tally_cell ON case_tally (slot, {_COLUMNS}) NULLS NOT DISTINCT;
CREATE INDEX case_tally_by_figure ON case_tally (figure, registered_at, closed_at);
CREATE TABLE case_words (id text PRIMARY KEY, said text NOT NULL, words tsvector NOT NULL);
CREATE INDEX case_by_words ON case_words USING gin (words);
DROP INDEX case_by_due;
CREATE INDEX case_by_due ON case_view (due_at, received_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX case_by_rung ON case_view (rung, received_at, id);
CREATE INDEX case_by_source ON case_view (source, received_at, id);
DROP INDEX case_open;
CREATE INDEX case_open ON case_view (received_at, id)
    WHERE status IN ('registered', 'waiting', 'dispatched', 'accepted', 'suspended', 'handled', 'verified',
                     'escalated');
DROP INDEX timeline_by_position;
CREATE INDEX timeline_by_time ON timeline (recorded_at, position)
"""


def upgrade() -> None:
    """Make them, and fill them with what there is."""
    for statement in _TABLES.split(";"):
        op.execute(statement)
    op.execute(tally.ANEW)
    conn = op.get_bind()
    for id_, number, summary, at in conn.exec_driver_sql(
        "SELECT id, number, summary, received_at FROM case_view"
    ).all():
        row = words.words_of(CaseRow(id_, at, number, summary))
        conn.exec_driver_sql(
            "INSERT INTO case_words (id, said, words) VALUES ($1, $2, $3::text::tsvector)",
            (row.id, row.said, row.words),
        )
