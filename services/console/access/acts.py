"""What a person may have done by a page: the commands of the owning services, and for which roles (workflows §1).

`{}` in a path stands for an id. Each path is a route of its service; a test asks them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.console.access.roles import AT_BODY, AT_DEPARTMENT, EVERYBODY, Role

_HOLDERS = frozenset({Role.GRID, Role.COMMUNITY, Role.STREET, Role.CLERK, Role.HEAD})
_UNITS = frozenset({Role.GRID, Role.COMMUNITY, Role.STREET})
_DISPATCHERS = frozenset({Role.COMMUNITY, Role.STREET, Role.OPERATIONS})
_TRIAGE = frozenset({Role.COMMUNITY, Role.STREET, Role.OPERATIONS})
_OPERATIONS = frozenset({Role.OPERATIONS})
_COMMUNITIES = frozenset({Role.COMMUNITY})
_SIDES = _COMMUNITIES | AT_DEPARTMENT
"""Who claims from each other: a community and the units paired with it."""
_CHANNELS = frozenset({Role.GRID, Role.COMMUNITY})
"""Who orders for a resident."""
_ABOVE = frozenset({Role.STREET, Role.OPERATIONS})
_OFFICE = frozenset(Role)
_KEEPERS = frozenset({Role.OPERATIONS, Role.ADMIN})
_QUARANTINE = (("/v1/quarantine/{}/replay", _KEEPERS), ("/v1/quarantine/{}/discard", _KEEPERS))
_CONVENER = frozenset({Role.CONVENER})
_RECORDER = frozenset({Role.RECORDER})
_CALLERS = _CONVENER | {Role.CHARGE}
_OFFICERS = _UNITS | AT_BODY
_MEMBERS = _HOLDERS | _OPERATIONS | AT_BODY
_OVER_LEDGERS = frozenset(Role) - AT_DEPARTMENT


@dataclass(frozen=True, slots=True)
class Act:
    """One command or paper of a service, and whose it is."""

    service: str
    path: str
    roles: frozenset[Role]
    pattern: re.Pattern[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Make the pattern that addresses of this act match."""
        parts = (re.escape(part) for part in self.path.split("{}"))
        object.__setattr__(self, "pattern", re.compile("[^/]+".join(parts)))


def _acts(service: str, *lines: tuple[str, frozenset[Role]]) -> tuple[Act, ...]:
    return tuple(Act(service, path, roles) for path, roles in lines)


ACTS: tuple[Act, ...] = (
    *(
        act
        for service in ("intake", "dispatch", "escalation", "feedback", "console")
        for act in _acts(service, *_QUARANTINE)
    ),
    *_acts(
        "intake",
        ("/v1/cases/{}/triage", _TRIAGE),
        ("/v1/cases/{}/reject", _TRIAGE),
        ("/v1/cases/{}/merge", _TRIAGE),
        ("/v1/cases/{}/unmerge", _TRIAGE),
        ("/v1/cases/{}/keep-apart", _TRIAGE),
        ("/v1/cases/{}/split", _TRIAGE),
        ("/v1/sources/{}/imports", _OPERATIONS),
    ),
    *_acts(
        "dispatch",
        ("/v1/orders/{}/dispatch", _DISPATCHERS),
        ("/v1/orders/{}/recall", _DISPATCHERS),
        ("/v1/orders/{}/state-dispute", _DISPATCHERS),
        ("/v1/orders/{}/accept", _HOLDERS),
        ("/v1/orders/{}/progress", _HOLDERS),
        ("/v1/orders/{}/finish", _HOLDERS),
        ("/v1/orders/{}/hand-back", _HOLDERS),
        ("/v1/orders/{}/extension", _HOLDERS),
        ("/v1/orders/{}/suspension", _HOLDERS),
        ("/v1/orders/{}/unable", _HOLDERS),
        ("/v1/orders/{}/pass-up", _UNITS),
        ("/v1/orders/{}/answer-part", _HOLDERS),
        ("/v1/orders/{}/release", _HOLDERS),
        ("/v1/orders/{}/judge-hand-back", _DISPATCHERS),
        ("/v1/orders/{}/judge-unable", _DISPATCHERS),
        ("/v1/orders/{}/judge-extension", _DISPATCHERS),
        ("/v1/orders/{}/judge-suspension", _DISPATCHERS),
        ("/v1/orders/{}/judge-release", _DISPATCHERS),
        ("/v1/orders/{}/resume", _DISPATCHERS),
        ("/v1/orders/{}/verify", _UNITS | _OPERATIONS),
        ("/v1/orders/{}/supervise", _DISPATCHERS),
        ("/v1/orders/{}/answer-supervision", _HOLDERS),
        ("/v1/whistles", _UNITS),
        ("/v1/whistles/{}/approve", _UNITS),
        ("/v1/whistles/{}/sign", _HOLDERS),
        ("/v1/whistles/{}/report-in", _HOLDERS),
        ("/v1/whistles/{}/object", _HOLDERS),
        ("/v1/whistles/{}/finish-part", _HOLDERS),
        ("/v1/whistles/{}/confirm", _UNITS),
        ("/v1/whistles/{}/release", _UNITS),
        ("/v1/whistles/{}/receipt", _HOLDERS),
        ("/v1/whistles/{}/end", _UNITS),
        ("/v1/whistles/{}/cancel", _UNITS),
        ("/v1/whistles/{}/rate", _HOLDERS),
        ("/v1/wishes", _CHANNELS),
        ("/v1/wishes/{}/offer", _COMMUNITIES),
        ("/v1/wishes/{}/refuse", _COMMUNITIES),
        ("/v1/wishes/{}/divert", _COMMUNITIES),
        ("/v1/wishes/{}/name", _COMMUNITIES),
        ("/v1/wishes/{}/buy", _COMMUNITIES),
        ("/v1/wishes/{}/claim", AT_DEPARTMENT),
        ("/v1/wishes/{}/agree", AT_DEPARTMENT),
        ("/v1/wishes/{}/give-up", AT_DEPARTMENT),
        ("/v1/wishes/{}/fulfil", _SIDES),
        ("/v1/wishes/{}/confirm", _CHANNELS),
        ("/v1/lists/{}/items", _SIDES | _OPERATIONS),
        ("/v1/lists/{}/review", _SIDES | _OPERATIONS),
        ("/v1/items/{}/publish", _SIDES | _OPERATIONS),
        ("/v1/items/{}/replace", _SIDES | _OPERATIONS),
        ("/v1/items/{}/withdraw", _SIDES | _OPERATIONS),
        ("/v1/items/{}/book", _SIDES | _CHANNELS),
        ("/v1/items/{}/answer-booking", _SIDES | _OPERATIONS),
        ("/v1/items/{}/cancel-booking", _SIDES | _CHANNELS),
        ("/v1/communities/{}/projects", _SIDES),
        ("/v1/projects/{}/sign", _SIDES),
        ("/v1/projects/{}/start", _SIDES),
        ("/v1/projects/{}/confirm", _SIDES),
        ("/v1/projects/{}/rate", _SIDES),
    ),
    *_acts(
        "feedback",
        ("/v1/cases/{}/call-back", _OPERATIONS),
        ("/v1/cases/{}/judge", _OPERATIONS),
        ("/v1/cases/{}/ask-exclusion", _HOLDERS),
        ("/v1/cases/{}/support-exclusion", _OPERATIONS),
        ("/v1/cases/{}/decide-exclusion", _OPERATIONS),
        ("/v1/draws/{}/{}/{}/freeze", _ABOVE),
        ("/v1/draws/{}/{}/{}/record", _HOLDERS | _OPERATIONS),
        ("/v1/assessments/{}/{}/open", _COMMUNITIES),
        ("/v1/assessments/{}/{}/raters", _COMMUNITIES),
        ("/v1/assessments/{}/{}/close", _COMMUNITIES),
        ("/v1/consents/{}/{}/ask", AT_DEPARTMENT),
        ("/v1/consents/{}/{}/answer", frozenset({Role.STREET})),
        ("/v1/joint-reviews/{}/{}/open", _ABOVE),
        ("/v1/joint-reviews/{}/{}/score", _ABOVE),
        ("/v1/problems/{}/{}/list", _ABOVE),
        ("/v1/problems/{}/{}/rectify", _HOLDERS),
        ("/v1/problems/{}/{}/check", _ABOVE),
        ("/v1/polls/{}/{}/open", frozenset({Role.COMMUNITY, Role.STREET, Role.OPERATIONS})),
        ("/v1/polls/{}/{}/vote", _CHANNELS),
        ("/v1/results/{}/{}/export", _OPERATIONS),
        ("/v1/summaries/{}/sum-up", _OPERATIONS),
        ("/v1/stars/{}/{}/apply", _COMMUNITIES),
        ("/v1/stars/{}/{}/review", _UNITS | _OPERATIONS),
        ("/v1/stars/award", _OPERATIONS),
    ),
    *_acts(
        "escalation",
        ("/v1/topics", _OFFICERS),
        ("/v1/topics/{}/admit", _RECORDER),
        ("/v1/topics/{}/return", _RECORDER),
        ("/v1/bodies/{}/propose", _MEMBERS),
        ("/v1/meetings/{}/call", _CALLERS),
        ("/v1/meetings/{}/refuse", _CALLERS),
        ("/v1/meetings/{}/postpone", _CONVENER),
        ("/v1/meetings/{}/hold", _CALLERS),
        ("/v1/meetings/{}/record", _RECORDER),
        ("/v1/meetings/{}/adopt", _CALLERS),
        ("/v1/meetings/{}/supplement", _CALLERS),
        ("/v1/meetings/{}/cancel", _CALLERS),
    ),
)
"""Commands, sent by POST."""

PAPERS: tuple[Act, ...] = (
    *_acts(
        "intake",
        ("/v1/cases/{}/dossier", _HOLDERS | _DISPATCHERS),
        ("/v1/imports/{}", _OPERATIONS),
        ("/v1/imports/{}/rejects.xlsx", _OPERATIONS),
    ),
    *_acts(
        "dispatch",
        ("/v1/orders/{}/assignment.{}", _HOLDERS | _DISPATCHERS),
        ("/v1/orders/{}/disposal.{}", _HOLDERS | _DISPATCHERS),
        ("/v1/wishes/{}/wisher", _SIDES),
        ("/v1/lists/{}.xlsx", EVERYBODY),
        ("/v1/projects/{}/agreement.{}", _SIDES | _DISPATCHERS),
    ),
    *_acts("feedback", ("/v1/cases/{}/rating.{}", _DISPATCHERS | frozenset({Role.HEAD}))),
    *_acts("feedback", ("/v1/bulletins/{}.{}", _OFFICE), ("/v1/results/{}/{}.{}", _OPERATIONS)),
    *_acts(
        "escalation",
        ("/v1/meetings/{}/notice.{}", EVERYBODY),
        ("/v1/meetings/{}/minutes.{}", EVERYBODY),
        ("/v1/meetings/{}/supplements/{}.{}", EVERYBODY),
        ("/v1/ledger/{}.{}", _OVER_LEDGERS),
        ("/v1/ledger/{}/annual/{}.{}", _OVER_LEDGERS),
    ),
)
"""Papers and exports, fetched by GET."""


def find(among: Sequence[Act], service: str, path: str) -> Act | None:
    """Return the act that an address means."""
    return next((act for act in among if act.service == service and act.pattern.fullmatch(path)), None)
