"""How often one address may call what needs no token."""

from __future__ import annotations

import pytest

from shared.kernel.refusals import Refused
from shared.shell import allowance
from shared.shell.allowance import Allowance


def test_an_address_has_so_many_calls_at_once_and_more_as_time_passes() -> None:
    now = [0.0]
    calls = Allowance(3, 0.5, lambda: now[0])
    for _ in range(3):
        calls.take("a")
    with pytest.raises(Refused) as refused:
        calls.take("a")
    assert (refused.value.rule, refused.value.params) == ("http.too_often", {"seconds": "2"})
    calls.take("b")
    now[0] = 2.0
    calls.take("a")
    with pytest.raises(Refused):
        calls.take("a")


def test_an_allowance_never_grows_beyond_what_may_be_called_at_once() -> None:
    now = [0.0]
    calls = Allowance(2, 1.0, lambda: now[0])
    calls.take("a")
    now[0] = 1e6
    calls.take("a")
    calls.take("a")
    with pytest.raises(Refused):
        calls.take("a")


def test_the_addresses_longest_unseen_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "MOST_ADDRESSES", 2)
    calls = Allowance(1, 0.001, lambda: 0.0)
    for address in ("a", "b", "c"):
        calls.take(address)
    assert list(calls._left) == ["b", "c"]
