"""The tables that the modules of wishes, lists, projects and alliances enter their deciders and folds into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.kernel.decisions import Deciders, Evolution

States = Mapping[str, Any]

decide = Deciders()
evolve = Evolution()
on_due = decide.on_due
