"""The ledgers, the words behind their digests, and the boards of meetings and entries."""

from alembic import op

revision = "escalation_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `services.escalation.store`."""
    for statement in _TABLES:
        op.execute(statement)


_TABLES = (
    """CREATE TABLE record (
        ledger text, seq int, prev text NOT NULL, at text NOT NULL, kind text NOT NULL, topic text NOT NULL,
        body text NOT NULL, hash text NOT NULL, PRIMARY KEY (ledger, seq))""",
    "CREATE INDEX record_topic ON record (topic)",
    """CREATE TABLE wording (
        salt text PRIMARY KEY, ledger text NOT NULL, meeting text NOT NULL, topic text NOT NULL, text text NOT NULL,
        digest text NOT NULL)""",
    """CREATE TABLE meeting_board (
        id text PRIMARY KEY, body text NOT NULL, level text NOT NULL, number int NOT NULL, status text NOT NULL,
        temporary boolean NOT NULL, makeup boolean NOT NULL, cut_off_at timestamptz, opens_at timestamptz NOT NULL,
        hold_by timestamptz NOT NULL, adopt_by timestamptz, agenda jsonb NOT NULL, invited jsonb NOT NULL,
        attendance jsonb NOT NULL, decisions jsonb NOT NULL, ledger_seq int NOT NULL, ledger_hash text NOT NULL)""",
    "CREATE INDEX meeting_board_body ON meeting_board (body, opens_at)",
    "CREATE INDEX meeting_board_status ON meeting_board (status, opens_at)",
    """CREATE TABLE entry_board (
        case_id text, topic text NOT NULL, body text, level text NOT NULL, position int NOT NULL, status text NOT NULL,
        active boolean NOT NULL, answer_due_at timestamptz NOT NULL, has_to_acknowledge boolean NOT NULL,
        has_to_tell boolean NOT NULL, has_to_write_off boolean NOT NULL, PRIMARY KEY (case_id, body))""",
    "CREATE INDEX entry_board_body ON entry_board (body, status)",
)
