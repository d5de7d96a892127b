"""Accounts, their posts, sessions, attempts to sign in, and who did what through the console."""

from __future__ import annotations

from alembic import op

revision = "console_0003"
down_revision = "console_0002"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE account (
    login text PRIMARY KEY, name text NOT NULL, password text, identity text UNIQUE,
    made_at timestamptz NOT NULL DEFAULT now(), disabled_at timestamptz);
CREATE TABLE account_post (
    login text NOT NULL REFERENCES account ON DELETE CASCADE, role text NOT NULL, unit text NOT NULL,
    PRIMARY KEY (login, role, unit));
CREATE TABLE session (
    id bytea PRIMARY KEY, login text NOT NULL REFERENCES account ON DELETE CASCADE, role text NOT NULL,
    unit text NOT NULL, begun_at timestamptz NOT NULL DEFAULT now(), seen_at timestamptz NOT NULL DEFAULT now(),
    ends_at timestamptz NOT NULL);
CREATE INDEX session_by_login ON session (login);
CREATE TABLE attempt (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, login text NOT NULL, address text NOT NULL,
    at timestamptz NOT NULL DEFAULT now());
CREATE INDEX attempt_by_login ON attempt (login, at);
CREATE INDEX attempt_by_address ON attempt (address, at);
CREATE TABLE act (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), login text NOT NULL,
    post text NOT NULL, service text NOT NULL, path text NOT NULL, key text NOT NULL, status integer NOT NULL,
    rule text NOT NULL);
CREATE INDEX act_by_login ON act (login, at);
"""


def upgrade() -> None:
    """Make the tables."""
    for statement in filter(str.strip, _TABLES.split(";")):
        op.execute(statement)
