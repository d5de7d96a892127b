"""What every table of dispatch is made of."""

from __future__ import annotations

from sqlalchemy.orm import registry  # noqa: TID251  rows are described, never loaded by an ORM session
from sqlmodel import SQLModel


class Row(SQLModel, registry=registry()):
    """Dispatch's rows: a registry of their own, shared with no other service."""
