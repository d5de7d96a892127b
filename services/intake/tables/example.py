"""What people chose in triage, for ever: the training data of a city's own model, without a word of any text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Text, text
from sqlmodel import Field

from services.intake.domain.facts import Example
from services.intake.tables.row import Row
from shared.persistence.connection import Connection, Executes
from shared.persistence.rows import MOMENT


class ExampleRow(Row, table=True):
    """One choice."""

    __tablename__ = "example"
    __table_args__ = ({"comment": "What a person chose in triage, who and when, beside the guess; append-only."},)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    case_id: str = Field(sa_type=Text)
    matter: str = Field(sa_type=Text)
    guessed: str | None = Field(sa_type=Text)
    confidence: float | None
    model: str | None = Field(sa_type=Text)
    chosen_by: str = Field(sa_type=Text)
    chosen_at: datetime = Field(sa_type=MOMENT)


_ADD = text(
    "INSERT INTO example (case_id, matter, guessed, confidence, model, chosen_by, chosen_at) "
    "SELECT * FROM unnest(CAST(:cases AS text[]), CAST(:matters AS text[]), CAST(:guesses AS text[]), "
    "CAST(:confidences AS float8[]), CAST(:models AS text[]), CAST(:who AS text[]), CAST(:at AS timestamptz[]))"
)
_PAGE = text(
    "SELECT e.id, e.case_id AS case, d.subject, d.text, e.matter, e.guessed, e.confidence, e.model, e.chosen_by, "
    "e.chosen_at FROM (SELECT * FROM example WHERE id > :after ORDER BY id LIMIT :limit) e "
    "LEFT JOIN LATERAL (SELECT subject, text FROM dossier WHERE case_id = e.case_id ORDER BY received_at, id LIMIT 1) "
    "d ON true ORDER BY e.id"
)


async def keep(conn: Connection, rows: Sequence[Any]) -> None:
    """Add the choices of a batch."""
    new = [row for row in rows if isinstance(row, Example)]
    if not new:
        return
    await conn.execute(
        _ADD,
        {
            "cases": [row.case for row in new],
            "matters": [row.matter for row in new],
            "guesses": [row.guessed for row in new],
            "confidences": [row.confidence for row in new],
            "models": [row.model for row in new],
            "who": [row.chosen_by for row in new],
            "at": [row.chosen_at for row in new],
        },
    )


async def page(conn: Executes, after: int, limit: int) -> list[dict[str, Any]]:
    """Return choices in the order they were made, each with its report's texts; None where these were erased."""
    rows = await conn.execute(_PAGE, {"after": after, "limit": limit})
    return [dict(row._mapping) for row in rows]
