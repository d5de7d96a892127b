"""How often one address may call what needs no token: so many at once, so many a second after that."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from fastapi import Request

from shared.kernel.refusals import Refused

MOST_ADDRESSES = 10_000
"""The addresses longest unseen are forgotten first; their allowance is full again by then."""


@dataclass(slots=True)
class _Left:
    calls: float
    at: float


class Allowance:
    """A bucket of calls per address, in real time and in this process alone."""

    def __init__(self, at_once: int, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.at_once, self.per_second, self.clock = at_once, per_second, clock
        self._left: OrderedDict[str, _Left] = OrderedDict()

    def take(self, address: str) -> None:
        """Take one call from an address's allowance; raises Refused("http.too_often") when it is used up."""
        now = self.clock()
        left = self._left.setdefault(address, _Left(self.at_once, now))
        self._left.move_to_end(address)
        if len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)
        left.calls = min(self.at_once, left.calls + (now - left.at) * self.per_second)
        left.at = now
        if left.calls < 1:
            raise Refused("http.too_often", "", seconds=ceil((1 - left.calls) / self.per_second))
        left.calls -= 1


def address_of(request: Request) -> str:
    """Return whence a request comes; behind a proxy that is trusted, what the proxy says (docs/operating.md)."""
    return request.client.host if request.client else ""
