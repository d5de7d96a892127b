"""Which messages tell of one issue: the same trouble at the same place. Imports scikit-learn: for who gathers alone.

Two messages are as alike as their words are, and the less so the fewer rare runs of characters they share: such runs
are names of places, firms and lines, without which the same trouble elsewhere would be one issue with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

ALIKE = 0.09
"""Mean likeness over all pairs from which two groups are one (tuned on read messages, see the tests)."""
LINKED = 0.13
"""A group begins where two messages are at least so alike."""
_FAINT = 0.06
"""Likeness that is nothing."""
COMMON = 0.05
"""Pairs of characters in more than this share of the messages say nothing,"""
FEW = 20
"""unless they stand in no more than so many."""
NAME, NAMED, NAMES = 4, 80, 8
"""Runs of four characters in at most 80 messages are taken for parts of names; eight shared ones are a name."""
BEGINNING = 400
"""Characters of a text in which its names are looked for."""
_OTHER = re.compile("[^\u4e00-\u9fffA-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Message:
    """What one person wrote."""

    id: str
    person: str
    subject: str
    text: str
    at: datetime
    likes: int = 0
    dislikes: int = 0


def gather(messages: Sequence[Message]) -> list[list[int]]:
    """Return groups of messages by their places in the list, largest first; a message alone is a group of one."""
    if len(messages) < 2:
        return [[place] for place in range(len(messages))]
    likeness = _likeness(messages)
    pairs = likeness.tocoo()
    near = (pairs.data >= LINKED) & (pairs.row < pairs.col)
    links = coo_matrix((np.ones(near.sum()), (pairs.row[near], pairs.col[near])), shape=likeness.shape)
    groups: dict[tuple[int, int], list[int]] = {}
    apart = connected_components(links, directed=False)[1]
    for part in range(int(apart.max()) + 1):
        members = np.flatnonzero(apart == part)
        for member, group in zip(members.tolist(), _split(likeness, members), strict=True):
            groups.setdefault((part, group), []).append(member)
    return sorted(groups.values(), key=lambda group: (-len(group), group))


def _split(likeness: Any, members: NDArray[np.intp]) -> list[int]:
    """Join by mean likeness: one message between two issues cannot make them one."""
    if len(members) == 1:
        return [0]
    apart = np.maximum(0.0, 1 - likeness[members][:, members].toarray())
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform((apart + apart.T) / 2, checks=False), "average")
    return [int(group) for group in fcluster(tree, 1 - ALIKE, "distance")]


def _likeness(messages: Sequence[Message]) -> Any:
    said = [(_plain(m.subject), _plain(m.text)) for m in messages]
    words = TfidfVectorizer(
        analyzer="char", ngram_range=(2, 2), min_df=2, max_df=max(FEW, int(COMMON * len(said))), sublinear_tf=True,
        lowercase=False,
    )  # fmt: skip
    try:
        weighed = words.fit_transform([f"{subject} {text}" for subject, text in said])
    except ValueError:  # no two messages share anything
        return csr_matrix((len(said), len(said)))
    alike = (weighed @ weighed.T).tocsr()
    alike.data[alike.data < _FAINT] = 0
    alike.eliminate_zeros()
    runs = CountVectorizer(analyzer="char", ngram_range=(NAME, NAME), min_df=1, lowercase=False, binary=True)
    named = runs.fit_transform([f"{subject} {text[:BEGINNING]}" for subject, text in said]).astype(float)
    in_messages = named.getnnz(axis=0)
    named = named[:, (in_messages > 1) & (in_messages <= NAMED)]
    shared = (named @ named.T).tocsr()
    shared.data = np.minimum(1.0, shared.data / NAMES)
    return alike.multiply(shared).tocsr()


def _plain(text: str) -> str:
    return _OTHER.sub(" ", text.upper())
