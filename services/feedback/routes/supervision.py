"""The routes of everything that feedback supervises."""

from __future__ import annotations

from fastapi import APIRouter

from services.feedback.routes import (
    analysis,
    assessment,
    card,
    consent,
    deed,
    draw,
    duty,
    joint_review,
    mutual,
    pay,
    poll,
    problem,
    result,
    star,
)
from shared.shell.desk import Desk

NOUNS = (
    analysis, assessment, card, consent, deed, draw, duty, joint_review, mutual, pay, poll, problem, result, star,
)  # fmt: skip


def router(desk: Desk) -> APIRouter:
    """Return them all."""
    routes = APIRouter()
    for noun in NOUNS:
        routes.include_router(noun.router(desk))
    return routes
