"""Consents, joint reviews, problems and polls as lists: every subject of a kind, by whom it concerns."""

from __future__ import annotations

from sqlalchemy import text

CONSENTS = text(
    """
    SELECT id, sequence, state FROM subject
     WHERE kind = 'consent'
       AND (CAST(:street AS text) IS NULL OR state->'asked'->>'street' = :street)
       AND (CAST(:department AS text) IS NULL OR state->'asked'->>'department' = :department)
     ORDER BY state->'asked'->>'until' DESC, id LIMIT :limit
    """
)
"""What was asked of a street or by a department, newest first."""
REVIEWS = text(
    """
    SELECT id, sequence, state FROM subject
     WHERE kind = 'review' AND state->'opened'->>'year' = :year ORDER BY id
    """
)
"""The joint reviews of a year."""
PROBLEMS = text(
    """
    SELECT id, sequence, state FROM subject
     WHERE kind = 'problem' AND (CAST(:unit AS text) IS NULL OR :unit IN (state->>'unit', state->>'by'))
       AND (CAST(:status AS text) IS NULL OR state->>'status' = :status)
     ORDER BY state->>'due_on', id LIMIT :limit
    """
)
"""The problems of a unit or listed by it, those due first on top."""
POLLS = text(
    """
    SELECT s.id, s.sequence, s.state, (SELECT count(DISTINCT t.token_hash) FROM spent t WHERE t.box = s.id) AS voters
      FROM subject s
     WHERE s.kind = 'poll'
       AND (CAST(:units AS text[]) IS NULL OR s.state->'opened'->>'unit' = ANY(CAST(:units AS text[])))
       AND (CAST(:status AS text) IS NULL OR s.state->>'status' = :status)
     ORDER BY s.state->'opened'->>'until' DESC, s.id LIMIT :limit
    """
)
"""The polls of some units with how many have answered; what they chose shows nowhere before it is counted."""
