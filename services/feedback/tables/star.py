"""The stars that are held, for merit lists (评先评优)."""

from __future__ import annotations

from sqlalchemy import text

HELD = text(
    """
    SELECT id, state FROM subject
     WHERE kind = 'star' AND state->>'status' IN ('awarded', 'rectifying', 'lowered')
       AND (CAST(:after AS text) IS NULL OR id > :after)
     ORDER BY id LIMIT :limit
    """
)
"""Every star that is held, by its subject."""
ALL = text(
    """
    SELECT id, sequence, state FROM subject
     WHERE kind = 'star' AND state IS NOT NULL AND (CAST(:after AS text) IS NULL OR id > :after)
     ORDER BY id LIMIT :limit
    """
)
"""Every star, on its way, held or gone."""
VOTES = text(
    """
    SELECT s.id AS poll, choice->>'option' AS code, CAST(choice->>'count' AS int) AS votes
      FROM subject s, json_array_elements(s.state->'counted'->'choices') AS choice
     WHERE s.kind = 'poll' AND s.state->>'status' = 'counted' AND s.state->'opened'->>'kind' = 'vote'
     ORDER BY s.id
    """
)
"""What public votes gave, by the code that was chosen; shown beside the stars, of no weight (workflows §4.7)."""
