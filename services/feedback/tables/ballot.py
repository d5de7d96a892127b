"""Boxes of secret ballots: who may vote, which tokens are spent, and, apart from both, how often each content came.

A ballot is never a row of its own, only one more of its content; when a box is sealed every row is written anew, so
that not even the database's own marks tell which token came together with which content.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Index, Text, text
from sqlmodel import Field

from services.feedback.domain.assessment import Assessed, CastBallot, CloseAssessment, NameRaters
from services.feedback.domain.ballot import Ballot, Box, Count, NamedVoter, Sealed, Spent, Voter
from services.feedback.domain.poll import CastVote
from services.feedback.tables.row import Row
from shared.kernel.decisions import Due, Message
from shared.persistence.connection import Connection
from shared.persistence.rows import insert, rows_of


class VoterRow(Row, table=True):
    """Who is on a box's list, by the number that the list gave, with the hash of his token."""

    __tablename__ = "voter"
    __table_args__ = (Index("voter_token", "box", "token_hash", unique=True),)

    box: str = Field(sa_type=Text, primary_key=True)
    voter: str = Field(sa_type=Text, primary_key=True)
    token_hash: str = Field(sa_type=Text)


class SpentRow(Row, table=True):
    """A token was spent on one thing; the key lets nobody vote twice."""

    __tablename__ = "spent"

    box: str = Field(sa_type=Text, primary_key=True)
    token_hash: str = Field(sa_type=Text, primary_key=True)
    about: str = Field(sa_type=Text, primary_key=True)


class BallotRow(Row, table=True):
    """How often a content was cast about one thing."""

    __tablename__ = "ballot"

    box: str = Field(sa_type=Text, primary_key=True)
    about: str = Field(sa_type=Text, primary_key=True)
    content: str = Field(sa_type=Text, primary_key=True)
    points: int
    count: int


class AssessedRow(Row, table=True):
    """What one community's session gave one unit."""

    __tablename__ = "assessed"

    year: int = Field(primary_key=True)
    unit: str = Field(sa_type=Text, primary_key=True)
    community: str = Field(sa_type=Text, primary_key=True)
    ballots: int
    points: int
    is_valid: bool


_TABLES = Row.metadata.tables
_NAME = insert(_TABLES["voter"])
_SPEND = insert(_TABLES["spent"])
_CAST = insert(
    _TABLES["ballot"], "ON CONFLICT (box, about, content) DO UPDATE SET count = ballot.count + excluded.count"
)
_ASSESS = insert(_TABLES["assessed"])
_SEAL = (
    text("UPDATE ballot SET count = count WHERE box = ANY(CAST(:boxes AS text[]))"),
    text("UPDATE spent SET about = about WHERE box = ANY(CAST(:boxes AS text[]))"),
)
_VOTERS = text(
    """
    SELECT v.box, v.token_hash, array_remove(array_agg(s.about), NULL) AS spent
      FROM voter v
      JOIN unnest(CAST(:boxes AS text[]), CAST(:hashes AS text[])) AS asked (box, hash)
        ON v.box = asked.box AND v.token_hash = asked.hash
      LEFT JOIN spent s ON s.box = v.box AND s.token_hash = v.token_hash
     GROUP BY v.box, v.token_hash
    """
)
_SPENT = text(
    """
    SELECT s.box, s.token_hash, array_agg(s.about) AS spent
      FROM spent s
      JOIN unnest(CAST(:boxes AS text[]), CAST(:hashes AS text[])) AS asked (box, hash)
        ON s.box = asked.box AND s.token_hash = asked.hash
     GROUP BY s.box, s.token_hash
    """
)
_VOTED = text(
    "SELECT box, count(DISTINCT token_hash) AS n FROM spent WHERE box = ANY(CAST(:boxes AS text[])) GROUP BY box"
)
_BALLOTS = text(
    "SELECT box, about, content, points, count AS times FROM ballot WHERE box = ANY(CAST(:boxes AS text[]))"
)
_NAMED = text("SELECT box, voter FROM voter WHERE box = ANY(CAST(:boxes AS text[]))")

LIST = text("SELECT voter FROM voter WHERE box = :box ORDER BY voter")
"""The list of a box, for whoever keeps it."""
ASSESSED = text(
    """
    SELECT year, unit, community, ballots, points, is_valid FROM assessed
     WHERE year = :year AND (CAST(:unit AS text) IS NULL OR unit = :unit)
     ORDER BY unit, community
    """
)
"""What the sessions of a year gave each unit, or one."""
SESSIONS = text(
    """
    SELECT s.id, s.sequence, s.state, (SELECT count(DISTINCT t.token_hash) FROM spent t WHERE t.box = s.id) AS voters
      FROM subject s
     WHERE s.kind = 'assessment' AND s.state->>'year' = CAST(:year AS text) ORDER BY s.id
    """
)
"""The sessions of a year with how many raters have voted; what they chose shows nowhere before it is counted."""
SATISFACTION = text(
    """
    SELECT id, CAST(state->'counted'->>'asked' AS int) AS asked, CAST(state->'counted'->>'answered' AS int) AS answered,
           state->'counted'->'choices' AS choices
      FROM subject
     WHERE kind = 'poll' AND state->>'status' = 'counted' AND state->'opened'->>'kind' = 'satisfaction'
       AND state->'opened'->>'unit' = :unit AND left(state->'opened'->>'opens_at', 4) = :year
     ORDER BY id
    """
)
"""The satisfaction surveys that a unit counted of a year."""


class Boxes:
    """The boxes of a city; `secret` makes the tokens, so that no table holds one."""

    def __init__(self, secret: str, city: str) -> None:
        self._secret, self._city = secret.encode(), city

    def token(self, box: str, voter: str) -> str:
        """Return the unguessable token of a voter on a list: 43 characters, the same each time."""
        mac = hmac.new(self._secret, f"ballot\n{self._city}\n{box}\n{voter}".encode(), sha256)
        return urlsafe_b64encode(mac.digest()).decode().rstrip("=")

    async def find(self, conn: Connection, messages: Sequence[Message]) -> dict[str, Any]:
        """Return, by message id, the voter of a ballot, what is in a box that may be counted, who is on a list."""
        found: dict[str, Any] = {}
        cast = [m for m in messages if isinstance(m.data, CastBallot)]
        if cast:
            asked = {m.id: (m.subject, _hash(m.data.token)) for m in cast}
            boxes, hashes = zip(*sorted(set(asked.values())), strict=True)
            rows = await conn.execute(_VOTERS, {"boxes": boxes, "hashes": hashes})
            voters = {(row.box, row.token_hash): Voter(row.token_hash, frozenset(row.spent)) for row in rows}
            found |= {id_: voters[key] for id_, key in asked.items() if key in voters}
        votes = [m for m in messages if isinstance(m.data, CastVote)]
        if votes:
            found |= await self._voters(conn, votes)
        counted = [m for m in messages if _counts(m)]
        if counted:
            boxes_by_name = await self._boxes(conn, {m.subject for m in counted})
            found |= {m.id: boxes_by_name[m.subject] for m in counted}
        naming = [m for m in messages if isinstance(m.data, NameRaters)]
        if naming:
            lists: dict[str, list[str]] = defaultdict(list)
            for row in await conn.execute(_NAMED, {"boxes": sorted({m.subject for m in naming})}):
                lists[row.box].append(row.voter)
            found |= {m.id: tuple(lists[m.subject]) for m in naming}
        return found

    async def keep(self, conn: Connection, rows: Sequence[Any]) -> None:
        """Name voters, spend tokens, add ballots, seal boxes: one statement per table."""
        named = [row for row in rows if isinstance(row, NamedVoter)]
        if named:
            given = [{"box": v.box, "voter": v.voter, "token_hash": _hash(self.token(v.box, v.voter))} for v in named]
            await conn.execute(_NAME, rows_of(given))
        spent = [row for row in rows if isinstance(row, Spent)]
        if spent:
            await conn.execute(_SPEND, rows_of(spent))
        cast = Counter(row for row in rows if isinstance(row, Ballot))
        if cast:
            ballots = [
                {"box": b.box, "about": b.about, "content": b.content, "points": b.points, "count": n}
                for b, n in cast.items()
            ]
            await conn.execute(_CAST, rows_of(ballots))
        sealed = sorted({row.box for row in rows if isinstance(row, Sealed)})
        if sealed:
            for statement in _SEAL:
                await conn.execute(statement, {"boxes": sealed})
        assessed = [row for row in rows if isinstance(row, Assessed)]
        if assessed:
            await conn.execute(_ASSESS, rows_of(assessed))

    async def _voters(self, conn: Connection, votes: Sequence[Message]) -> dict[str, Voter]:
        """Return who votes by a keyed hash of what he is known by; a signed-in resident by his own id."""
        said = {m.id: m.actor.id if m.actor.kind == "resident" else m.data.voter for m in votes}
        keys = {m.id: (m.subject, self._voter_hash(m.subject, said[m.id])) for m in votes if said[m.id]}
        if not keys:
            return {}
        boxes, hashes = zip(*sorted(set(keys.values())), strict=True)
        rows = await conn.execute(_SPENT, {"boxes": boxes, "hashes": hashes})
        spent = {(row.box, row.token_hash): frozenset(row.spent) for row in rows}
        return {id_: Voter(key[1], spent.get(key, frozenset())) for id_, key in keys.items()}

    def _voter_hash(self, box: str, voter: str) -> str:
        return hmac.new(self._secret, f"voter\n{self._city}\n{box}\n{voter}".encode(), sha256).hexdigest()

    async def _boxes(self, conn: Connection, names: Iterable[str]) -> Mapping[str, Box]:
        wanted = {"boxes": sorted(names)}
        voters = {row.box: row.n for row in await conn.execute(_VOTED, wanted)}
        contents: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
        sums: dict[str, dict[str, Count]] = defaultdict(dict)
        for row in await conn.execute(_BALLOTS, wanted):
            before = sums[row.box].get(row.about, Count())
            sums[row.box][row.about] = Count(before.ballots + row.times, before.points + row.points * row.times)
            contents[row.box][row.about, row.content] = row.times
        return {name: Box(voters.get(name, 0), sums[name], contents[name]) for name in wanted["boxes"]}


def _counts(message: Message) -> bool:
    data = message.data
    return isinstance(data, CloseAssessment) or (
        isinstance(data, Due) and data.name.partition(":")[0] in ("assessment", "poll")
    )


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
