"""Exclusions as they are listed beside the scores: who asked, on which ground, who supported and approved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime

from sqlalchemy import Index, Text, text
from sqlmodel import Field

from services.feedback.domain.exclusion import Excluding
from services.feedback.tables.row import Row
from shared.persistence.rows import MOMENT


class ExclusionRow(Row, table=True):
    """The exclusion of one case, asked once."""

    __tablename__ = "exclusion"
    __table_args__ = (Index("exclusion_of_unit", "unit", "period"),)

    case_id: str = Field(sa_type=Text, primary_key=True)
    unit: str = Field(sa_type=Text)
    period: str = Field(sa_type=Text)
    code: str = Field(sa_type=Text)
    stage: str = Field(sa_type=Text)
    asked_at: datetime = Field(sa_type=MOMENT)
    decide_by: datetime = Field(sa_type=MOMENT)
    supported_by: str | None = Field(sa_type=Text)
    decided_at: datetime | None = Field(sa_type=MOMENT)
    decided_by: str | None = Field(sa_type=Text)
    lapsed: bool


EXCLUDE = text(
    """
    WITH told AS (
      SELECT * FROM unnest(CAST(:case AS text[]), CAST(:unit AS text[]), CAST(:period AS text[]),
                           CAST(:code AS text[]), CAST(:stage AS text[]), CAST(:asked_at AS timestamptz[]),
                           CAST(:decide_by AS timestamptz[]), CAST(:supported_by AS text[]),
                           CAST(:decided_at AS timestamptz[]), CAST(:decided_by AS text[]), CAST(:lapsed AS bool[]))
        AS t (case_id, unit, period, code, stage, asked_at, decide_by, supported_by, decided_at, decided_by, lapsed)
    ), moved AS (
      UPDATE exclusion
         SET stage = told.stage, decide_by = COALESCE(told.decide_by, exclusion.decide_by),
             supported_by = told.supported_by, decided_at = told.decided_at,
             decided_by = told.decided_by, lapsed = told.lapsed
        FROM told WHERE exclusion.case_id = told.case_id
      RETURNING exclusion.case_id
    )
    INSERT INTO exclusion
      (case_id, unit, period, code, stage, asked_at, decide_by, supported_by, decided_at, decided_by, lapsed)
    SELECT told.* FROM told LEFT JOIN moved USING (case_id) WHERE moved.case_id IS NULL
    """
)

EXCLUSIONS = text(
    """
    SELECT case_id AS "case", unit, period, code, stage, asked_at, decide_by, supported_by, decided_at, decided_by,
           lapsed
      FROM exclusion
     WHERE (CAST(:unit AS text) IS NULL OR unit = :unit) AND (CAST(:period AS text) IS NULL OR period = :period)
       AND (CAST(:stage AS text) IS NULL OR stage = :stage) AND case_id > :after
     ORDER BY case_id
     LIMIT :limit
    """
)
"""Exclusions of a unit, a month, a stage, in the order of their cases."""


def latest(rows: Sequence[Excluding]) -> list[Excluding]:
    """Return each case's exclusion once, as the last row of the batch says, with what only an earlier one says."""
    found: dict[str, Excluding] = {}
    for row in rows:
        earlier = found.get(row.case)
        if earlier is not None:
            known = {f.name: getattr(earlier, f.name) for f in fields(row) if getattr(row, f.name) is None}
            row = replace(row, **known)
        found[row.case] = row
    return list(found.values())
