"""Who is calling: a signed name, until people sign in by the console.

A token is `<kind>.<id>.<signature>`; the signature is HMAC-SHA-256 over city, kind and id with the stack's secret.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused

KINDS = frozenset({"source", "department", "unit", "post", "operations", "resident", "member"})


def sign(secret: str, city: str, actor: Actor) -> str:
    """Return the bearer token of an actor."""
    return f"{actor.kind}.{actor.id}.{_signature(secret, city, actor)}"


def read(secret: str, city: str, token: str) -> Actor:
    """Return who the token names; raises Refused("actor.bad_token") if the signature is not ours."""
    kind, _, rest = token.partition(".")
    name, _, signature = rest.rpartition(".")
    actor = Actor(kind, name)
    if kind not in KINDS or not name or not _is_same(signature, _signature(secret, city, actor)):
        raise Refused("actor.bad_token", "authorization")
    return actor


def _is_same(given: str, ours: str) -> bool:
    """Compare in constant time; as bytes, since a token may hold anything."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), ours.encode())


def _signature(secret: str, city: str, actor: Actor) -> str:
    said = f"{city}\n{actor.kind}\n{actor.id}".encode("utf-8", "replace")
    return hmac.new(secret.encode(), said, sha256).hexdigest()
