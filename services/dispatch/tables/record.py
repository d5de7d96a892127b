"""The states of subjects other than cases: whistles, rosters, double duties."""

from __future__ import annotations

from sqlalchemy import text

STATE = text("SELECT sequence, state FROM subject WHERE id = :id AND state IS NOT NULL")
"""One subject."""

WHISTLES = text(
    """
    SELECT id, sequence, state FROM subject
     WHERE kind = 'whistle' AND state IS NOT NULL
       AND (CAST(:whistler AS text) IS NULL OR state->>'whistler' = :whistler)
       AND (CAST(:status AS text) IS NULL OR state->>'status' = :status)
       AND (CAST(:callee AS text) IS NULL
            OR EXISTS (SELECT 1 FROM json_array_elements(state->'callees') c WHERE c->>'code' = :callee))
       AND (NOT :open OR state->>'status' IN ('asked', 'sounded') OR state->>'status' = 'ended' AND (
            EXISTS (SELECT 1 FROM json_array_elements(state->'parts') p
                     WHERE p->>'unit' IN (:callee, :whistler) AND p->>'is_done' = 'false' AND p->>'on_order' = 'false')
            OR EXISTS (SELECT 1 FROM json_array_elements(state->'callees') c
                        WHERE c->>'code' = coalesce(:callee, c->>'code') AND c->>'presence' <> 'released'
                          AND NOT EXISTS (SELECT 1 FROM json_array_elements(state->'ratings') r
                                           WHERE r->>0 = coalesce(:callee, state->>'whistler')
                                             AND r->>1 = CASE WHEN CAST(:callee AS text) IS NULL THEN c->>'code'
                                                              ELSE state->>'whistler' END))))
       AND id > :after ORDER BY id LIMIT :limit
    """
)
"""Whistles by who sounded them, who was called, where they stand."""

DUTIES = text(
    """
    SELECT id, sequence, state FROM subject
     WHERE kind = 'activity' AND state->>'community' = :community AND id > :after ORDER BY id LIMIT :limit
    """
)
"""The double duties of a community's members."""
