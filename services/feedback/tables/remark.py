"""What people wrote: reporters with their answers, officers with their decisions."""

from __future__ import annotations

from sqlalchemy import Index, Text, text
from sqlmodel import Field

from services.feedback.tables.row import Row


class RemarkRow(Row, table=True):
    """Words of persons; rows are deleted when a resident is erased, so not append-only."""

    __tablename__ = "remark"
    __table_args__ = (Index("remark_of_case", "case_id"),)

    id: str = Field(sa_type=Text, primary_key=True)
    case_id: str = Field(sa_type=Text)
    round: int
    reporter: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)


REMARK = text(
    """
    INSERT INTO remark (id, case_id, round, reporter, kind, text)
    SELECT * FROM unnest(CAST(:id AS text[]), CAST(:case AS text[]), CAST(:round AS int[]), CAST(:reporter AS text[]),
                         CAST(:kind AS text[]), CAST(:text AS text[]))
    """
)

FORGET = text(
    """
    DELETE FROM remark r
     USING unnest(CAST(:case AS text[]), CAST(:reporter AS text[])) AS gone (case_id, reporter)
     WHERE r.case_id = gone.case_id AND r.reporter = gone.reporter
    """
)

REMARKS = text(
    """
    SELECT r.round, r.reporter, r.kind, r.text, s.state ->> 'lead' AS lead
      FROM remark r JOIN subject s ON s.id = r.case_id
     WHERE r.case_id = :case
     ORDER BY r.id
    """
)
"""The remarks of a case in the order in which they were written, with the lead whose work they are about."""
