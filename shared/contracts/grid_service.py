"""What intake states of the grid service list (网格化服务管理清单): task, post, person and duty of each grid."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from shared.contracts.base import Code, Masked, OutsideMessage
from shared.contracts.intake import Intake


class GridServicePublished(Intake):
    """The town put an item on a grid's list, or replaced it; subject `services:<grid>`."""

    TYPE: ClassVar[str] = "gridservice.published.v1"
    unit: Code
    item: Code
    task: Masked
    post: Code
    duty: Masked
    holder: Code | None = None
    """Whoever of the post does it, by code."""
    by: str
    why: Masked
    replaces: bool = False


class GridServiceWithdrawn(Intake):
    """The town took an item off a grid's list."""

    TYPE: ClassVar[str] = "gridservice.withdrawn.v1"
    unit: Code
    item: Code
    by: str
    why: Masked


# ---- from outside


class PublishGridService(OutsideMessage):
    """The town or operations put an item on a grid's list; the same item again replaces it."""

    TYPE: ClassVar[str] = "gridservice.publish.v1"
    item: Code
    task: Annotated[str, StringConstraints(min_length=2, max_length=200)]
    post: Code
    duty: Annotated[str, StringConstraints(min_length=2, max_length=200)]
    holder: Code | None = None
    why: Annotated[str, StringConstraints(max_length=200)] = ""


class WithdrawGridService(OutsideMessage):
    """The town or operations take an item off a grid's list."""

    TYPE: ClassVar[str] = "gridservice.withdraw.v1"
    item: Code
    why: Annotated[str, StringConstraints(min_length=2, max_length=200)]
