from typing import Any

import pytest

from services.console import ticker
from services.console.ticker import Ticker


async def test_a_look_that_fails_in_whatever_way_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticker, "EVERY", 0)
    looks: list[int] = []

    class Clumsy(Ticker):
        async def look(self) -> Any:
            looks.append(1)
            if len(looks) == 3:
                raise KeyboardInterrupt
            raise ValueError("a row that cannot be read")

    with pytest.raises(KeyboardInterrupt):
        await Clumsy(None, None)._run()  # type: ignore[arg-type]
    assert len(looks) == 3
