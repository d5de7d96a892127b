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
