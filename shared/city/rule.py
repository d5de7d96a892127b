"""The rows of a city's table of who leads a case by rule (派单规则), as its file has them."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("place", "receiver", "pairing", "load", "turn", "matter")
DEPARTMENT = "department"
RUNGS = ("community", "street", DEPARTMENT)
"""Where a rule may be tried: these dispatch, a grid never does (workflows §1)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table; the first that names somebody decides.

    `by` place: on the ground of `area` (empty: everywhere) `to` leads. `receiver` (首接负责): what came in through one
    of `sources` stays with `to`, the department whose windows they are, if it is one of the matter's leads. `pairing`:
    the only lead that is paired with the community of the place. `load`: the lead with the fewest open orders. `turn`:
    the matter's leads in turn, by case number, so that each carries an equal share. `matter`: the matter's first
    choice. `matters` and `groups` limit any of them; `at` says at which rungs it is tried.
    """

    code: str
    by: str
    name: str = ""
    to: str = ""
    area: str = ""
    matters: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    at: frozenset[str] = frozenset({DEPARTMENT})


DEFAULT = (Rule("pairing", "pairing"), Rule("matter", "matter"))
"""What holds where a city file says nothing."""
