"""The shell's tables of one service: positions, subjects, journal, deadlines, what waits and what was refused."""

from alembic import op

revision = "shell_0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("journal",)


def upgrade() -> None:
    """Make the tables of shell.md §1-§6."""
    for statement in _TABLES:
        op.execute(statement)


_TABLES = (
    """CREATE TABLE fence (
        reader text, topic text, partition int, expected bigint NOT NULL, PRIMARY KEY (reader, topic, partition))""",
    """CREATE TABLE subject (
        id text PRIMARY KEY, kind text NOT NULL, sequence int NOT NULL DEFAULT 0, seen int[] NOT NULL, state json,
        aside text) WITH (fillfactor = 80)""",
    "CREATE INDEX subject_aside ON subject (id) WHERE aside IS NOT NULL",
    """CREATE TABLE inbox (
        sender text, id text, result jsonb NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (sender, id))""",
    "CREATE INDEX inbox_at ON inbox (at)",
    """CREATE TABLE parked (
        subject text, service text, sequence int, topic text NOT NULL, partition int NOT NULL, "offset" bigint NOT NULL,
        key bytea, headers jsonb NOT NULL, value bytea NOT NULL, stamped_at timestamptz NOT NULL, why text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (subject, service, sequence))""",
    """CREATE TABLE quarantine (
        id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY, topic text NOT NULL, partition int NOT NULL,
        "offset" bigint NOT NULL, digest text NOT NULL, key bytea, headers jsonb NOT NULL, value bytea NOT NULL,
        stamped_at timestamptz NOT NULL, sender text NOT NULL, rule text NOT NULL, field text NOT NULL,
        params jsonb NOT NULL, state text NOT NULL DEFAULT 'kept', at timestamptz NOT NULL DEFAULT clock_timestamp(),
        UNIQUE (topic, partition, "offset", digest))""",
    """CREATE TABLE journal (
        id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1), subject text NOT NULL, sequence int NOT NULL,
        type text NOT NULL, streams text[] NOT NULL, key text NOT NULL, headers json NOT NULL, value text NOT NULL,
        written_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (id, written_at))
        PARTITION BY RANGE (written_at)""",
    "CREATE TABLE journal_other PARTITION OF journal DEFAULT",
    "CREATE TABLE pending (id bigint PRIMARY KEY)",
    """CREATE TABLE deadline (
        subject text, name text, due_at timestamptz NOT NULL, data jsonb NOT NULL, touches text[] NOT NULL,
        PRIMARY KEY (subject, name))""",
    "CREATE INDEX deadline_due ON deadline (due_at)",
)
