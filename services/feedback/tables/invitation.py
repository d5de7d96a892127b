"""Invitations: which case the hash of a token stands for; the token itself is kept nowhere."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import Text, text
from sqlmodel import Field

from services.feedback.tables.row import Row


class InvitationRow(Row, table=True):
    """Which case a token's hash stands for."""

    __tablename__ = "invitation"

    token_hash: str = Field(sa_type=Text, primary_key=True)
    invitation: str = Field(sa_type=Text)
    case_id: str = Field(sa_type=Text)
    round: int


INVITE = text(
    """
    INSERT INTO invitation (token_hash, invitation, case_id, round)
    SELECT * FROM unnest(CAST(:hash AS text[]), CAST(:invitation AS text[]), CAST(:case AS text[]),
                         CAST(:round AS int[]))
    """
)

RESOLVE = text("SELECT token_hash, case_id FROM invitation WHERE token_hash = ANY(CAST(:hashes AS text[]))")

LINK = text(
    """
    SELECT i.invitation, CAST(s.state AS text) AS state
      FROM invitation i JOIN subject s ON s.id = i.case_id
     WHERE i.token_hash = :hash
    """
)
"""The invitation that a token stands for, with how its case stands."""


def hash_of(token: str) -> str:
    """Return under what a token is found."""
    return sha256(token.encode()).hexdigest()
