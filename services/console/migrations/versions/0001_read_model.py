"""The tables of the read model."""

from __future__ import annotations

from alembic import op

revision = "console_0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE case_view (
    id text PRIMARY KEY, received_at timestamptz NOT NULL, number text NOT NULL, summary text NOT NULL,
    status text NOT NULL, source text NOT NULL, report text NOT NULL,
    matter text, matter_how text, matter_confidence double precision, matter_words text[] NOT NULL,
    kind text, urgent boolean NOT NULL,
    unit text, place_how text, lon double precision, lat double precision, reporters integer NOT NULL,
    registered_at timestamptz, closed_at timestamptz, close_reason text, on_time boolean,
    responsible text, dispatcher text, lead text, support text[] NOT NULL, assignment integer NOT NULL, rung text,
    clock text, clock_from timestamptz, due_at timestamptz, case_due_at timestamptz,
    reminded boolean NOT NULL, overdue boolean NOT NULL, overdue_of text, overdue_since timestamptz,
    supervised boolean NOT NULL, path text[] NOT NULL, reached jsonb NOT NULL, rung_seconds double precision);
CREATE INDEX case_by_number ON case_view (number, id);
CREATE INDEX case_by_received ON case_view (received_at, id);
CREATE INDEX case_by_due ON case_view (due_at, id);
CREATE INDEX case_by_registered ON case_view (registered_at DESC);
CREATE INDEX case_by_closed ON case_view (closed_at, on_time) WHERE status = 'closed';
CREATE INDEX case_by_status ON case_view (status, received_at, id);
CREATE INDEX case_by_responsible ON case_view (responsible, received_at, id) WHERE responsible IS NOT NULL;
CREATE INDEX case_by_unit ON case_view (unit, received_at, id);
CREATE INDEX case_by_matter ON case_view (matter, received_at, id);
CREATE INDEX case_open ON case_view (unit, rung, status, overdue, reminded, supervised)
    WHERE status IN ('registered', 'waiting', 'dispatched', 'accepted', 'handled', 'verified', 'escalated');
CREATE INDEX case_overdue ON case_view (overdue_since) WHERE overdue;

CREATE TABLE timeline (
    subject text NOT NULL, service text NOT NULL, sequence integer NOT NULL, type text NOT NULL,
    acted_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, data jsonb NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY, written xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (subject, service, sequence));
CREATE INDEX timeline_by_position ON timeline (position);
CREATE INDEX timeline_by_written ON timeline (written);

CREATE TABLE topic_view (
    topic text NOT NULL, body text NOT NULL, case_id text NOT NULL, level text NOT NULL, entry text NOT NULL,
    opened_at timestamptz NOT NULL, answer_due_at timestamptz, number text NOT NULL, summary text NOT NULL, unit text,
    cause text, urgent boolean NOT NULL, lead text, from_body text, meeting text, deferrals integer NOT NULL,
    resolved_at timestamptz, due_at timestamptz, moved_up_at timestamptz, ledger_seq integer, ledger_hash text,
    written_off_at timestamptz, PRIMARY KEY (topic, body));
CREATE INDEX topic_by_case ON topic_view (case_id);
CREATE INDEX topic_pending ON topic_view (level, answer_due_at) WHERE entry IN ('open', 'tabled');
CREATE INDEX topic_by_written_off ON topic_view (written_off_at) WHERE written_off_at IS NOT NULL;

CREATE TABLE meeting_view (
    id text PRIMARY KEY, body text NOT NULL, level text NOT NULL, number integer NOT NULL, temporary boolean NOT NULL,
    status text NOT NULL, planned_on date, opens_at timestamptz, agenda integer NOT NULL, held_at timestamptz,
    members integer NOT NULL, present integer NOT NULL, adopted_at timestamptz, resolved integer NOT NULL,
    moved_up integer NOT NULL, deferred integer NOT NULL, declined integer NOT NULL, ledger_seq integer,
    ledger_hash text);
CREATE INDEX meeting_by_time ON meeting_view (level, opens_at);
CREATE INDEX meeting_by_held ON meeting_view (held_at) WHERE held_at IS NOT NULL;

CREATE TABLE ledger_view (body text PRIMARY KEY, level text NOT NULL, seq integer NOT NULL, hash text NOT NULL);

CREATE TABLE score_view (
    unit text NOT NULL, period text NOT NULL, policy text NOT NULL, revision integer NOT NULL, asked integer NOT NULL,
    response jsonb NOT NULL, resolution jsonb NOT NULL, satisfaction jsonb NOT NULL, composite text,
    few boolean NOT NULL, published_at timestamptz NOT NULL, PRIMARY KEY (unit, period));
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
