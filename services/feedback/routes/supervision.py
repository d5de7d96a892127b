"""The routes of everything that feedback supervises."""

from __future__ import annotations

from fastapi import APIRouter

from services.feedback.routes import analysis, assessment, card, deed, draw, duty, mutual, pay, poll, star
from shared.shell.desk import Desk

NOUNS = (analysis, assessment, card, deed, draw, duty, mutual, pay, poll, star)


def router(desk: Desk) -> APIRouter:
    """Return them all."""
    routes = APIRouter()
    for noun in NOUNS:
        routes.include_router(noun.router(desk))
    return routes
