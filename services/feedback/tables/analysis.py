"""Figures of the analysis, each with the cases that make it, counted over the briefs in one statement each."""

from __future__ import annotations

from sqlalchemy import text

RECURRING = text(
    """
    SELECT matter, community, grid, count(*) AS cases, array_agg(case_id ORDER BY registered_at, case_id) AS case_ids
      FROM brief
     WHERE registered_at >= :first AND registered_at < :last AND matter IS NOT NULL AND grid IS NOT NULL
       AND (CAST(:unit AS text) IS NULL OR CAST(:unit AS text) IN (county, street, community, grid, place))
       AND (CAST(:matter AS text) IS NULL OR matter = :matter)
     GROUP BY matter, community, grid HAVING count(*) >= :least
     ORDER BY count(*) DESC, matter, grid LIMIT :limit
    """
)
"""Matters that came again in one grid; a case that lies in no grid recurs in none."""

WEEKS = text(
    """
    SELECT grid, CAST(date_trunc('week', registered_at AT TIME ZONE 'Asia/Shanghai') AS date) AS week,
           count(*) AS cases, array_agg(case_id ORDER BY registered_at, case_id)
             FILTER (WHERE registered_at >= :last_week) AS case_ids
      FROM brief
     WHERE registered_at >= :first AND registered_at < :last AND grid IS NOT NULL
       AND (CAST(:unit AS text) IS NULL OR CAST(:unit AS text) IN (county, street, community, grid, place))
     GROUP BY grid, 2
    """
)
"""Cases by grid and week, those of the last week by name."""

TREND = text(
    """
    WITH counted AS (
        SELECT CAST(date_trunc('week', registered_at AT TIME ZONE 'Asia/Shanghai') AS date) AS week, count(*) AS cases
          FROM brief
         WHERE registered_at >= CAST(:first_day AS timestamp) AT TIME ZONE 'Asia/Shanghai'
           AND registered_at < CAST(:last_day AS timestamp) AT TIME ZONE 'Asia/Shanghai'
           AND (CAST(:matter AS text) IS NULL OR matter = :matter)
           AND (CAST(:unit AS text) IS NULL OR CAST(:unit AS text) IN (county, street, community, grid, place))
         GROUP BY 1)
    SELECT CAST(w AS date) AS week, coalesce(cases, 0) AS cases
      FROM generate_series(CAST(:first_day AS timestamp), CAST(:last_day AS timestamp) - interval '1 day',
                           interval '1 week') AS w
      LEFT JOIN counted ON counted.week = CAST(w AS date)
     ORDER BY w
    """
)
"""Cases a week, weeks without any among them."""

BY_WEEK = text(
    """
    SELECT matter, CAST(date_trunc('week', registered_at AT TIME ZONE 'Asia/Shanghai') AS date) AS week,
           count(*) AS cases
      FROM brief
     WHERE registered_at >= :first AND registered_at < :last AND matter IS NOT NULL
       AND (CAST(:unit AS text) IS NULL OR CAST(:unit AS text) IN (county, street, community, grid, place))
     GROUP BY 1, 2
    """
)
"""Cases by matter and week."""

MATTERS = text(
    """
    WITH counted AS (
        SELECT matter, community, grid,
               count(*) FILTER (WHERE registered_at >= :first) AS cases,
               count(*) FILTER (WHERE registered_at < :first) AS before
          FROM brief
         WHERE registered_at >= :before AND registered_at < :last AND matter IS NOT NULL
         GROUP BY matter, community, grid)
    SELECT matter, CAST(sum(cases) AS int) AS cases, CAST(sum(before) AS int) AS before,
           CAST(count(DISTINCT community) FILTER (WHERE cases >= :least AND grid IS NOT NULL) AS int) AS communities,
           CAST(count(*) FILTER (WHERE cases >= :least AND grid IS NOT NULL) AS int) AS recurring
      FROM counted GROUP BY matter
    """
)
"""Every matter of a month beside the month before."""

_STAGE = """
    CASE WHEN closed_at IS NOT NULL THEN 'sum_up' WHEN handled_by IS NOT NULL THEN 'look_back'
         WHEN mobilised_at IS NOT NULL THEN 'mobilise' WHEN lead IS NOT NULL THEN 'act' ELSE 'analyse' END
"""
"""The stage of the five-stage loop at which a case's events put it."""

CASES = text(
    f"""
    SELECT case_id, number, matter, community, grid, registered_at, closed_at, reason FROM brief
     WHERE registered_at >= :first AND registered_at < :last
       AND (CAST(:matter AS text) IS NULL OR matter = :matter)
       AND (CAST(:unit AS text) IS NULL OR CAST(:unit AS text) IN (county, street, community, grid, place))
       AND (CAST(:stage AS text) IS NULL OR (reason IS DISTINCT FROM 'withdrawn' AND {_STAGE} = :stage))
       AND (CAST(:least AS int) IS NULL OR (matter, grid) IN (
               SELECT matter, grid FROM brief
                WHERE registered_at >= :first AND registered_at < :last
                  AND (CAST(:matter AS text) IS NULL OR matter = :matter)
                GROUP BY matter, grid HAVING count(*) >= :least))
       AND (CAST(:after AS text) IS NULL OR case_id > :after)
     ORDER BY case_id LIMIT :limit
    """  # noqa: S608  nothing but the text above goes in
)
"""The cases behind any of these figures."""

STAGES = text(
    f"""
    SELECT {_STAGE} AS stage, count(*) AS cases
      FROM brief
     WHERE registered_at >= :first AND registered_at < :last AND reason IS DISTINCT FROM 'withdrawn'
       AND (CAST(:unit AS text) IS NULL OR CAST(:unit AS text) IN (county, street, community, grid, place))
     GROUP BY 1
    """  # noqa: S608
)
"""Cases by stage of the five-stage loop."""
