"""The tables that the modules of this domain enter their deciders and folds into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.kernel.decisions import Deciders, Evolution

States = Mapping[str, Any]

decide = Deciders()
"""Not yet counting; the domain's own `decide` and `evolve` follow the lines of cases as well (counting.py)."""
evolve = Evolution()
on_due = decide.on_due
