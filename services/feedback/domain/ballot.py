"""Secret ballots: a token is spent in one place, what it bought is counted in another (workflows §4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.kernel.rules import register

register(
    {
        "ballot.unknown_token": ("没有这张选票的凭证", "No such token for a ballot"),
        "ballot.spent": ("这张凭证已经对该对象投过票", "This token has already voted on this"),
    }
)


@dataclass(frozen=True, slots=True)
class Voter:
    """What the box knows of the token of a ballot: on what it has been spent."""

    hash: str
    spent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Count:
    """What is in a box for one thing voted on: valid ballots and the sum of their points."""

    ballots: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    """What a box holds: distinct voters, counts by what was voted on, and by (what, content)."""

    voters: int = 0
    counts: Mapping[str, Count] = field(default_factory=dict)
    contents: Mapping[tuple[str, str], int] = field(default_factory=dict)


# ---- private rows


@dataclass(frozen=True, slots=True)
class NamedVoter:
    """A voter on a list; the hash of his token is made from the secret, never kept in clear."""

    box: str
    voter: str


@dataclass(frozen=True, slots=True)
class Spent:
    """A token was spent on something; what it chose is not here."""

    box: str
    token_hash: str
    about: str


@dataclass(frozen=True, slots=True)
class Ballot:
    """One ballot more of this content; who cast it is not here."""

    box: str
    about: str
    content: str
    points: int = 0


@dataclass(frozen=True, slots=True)
class Sealed:
    """The box was counted: its rows are written anew, so that none shows with which token it came."""

    box: str
