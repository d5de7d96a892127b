"""What a clock is explained from: the order, its open deadlines, the last time a calendar moved it."""

from __future__ import annotations

from sqlalchemy import text

CASE = text("SELECT case_id FROM responsibility WHERE case_id = :case OR number = :case")
"""The case of an id or of a number (案号)."""

ORDER = text("SELECT state::text FROM subject WHERE id = :case AND kind = 'case' AND state IS NOT NULL")
DEADLINES = text("SELECT name, due_at FROM deadline WHERE subject = :case")
