"""Trouble 出错: an address that leads nowhere, and a page that failed; in words, with a number and a way on."""

from __future__ import annotations

import secrets

import structlog
from fastapi import Request, Response
from fastapi.exception_handlers import http_exception_handler
from nicegui import Client, app, context, ui
from starlette.exceptions import HTTPException

from services.console.pages.frame import Page, frame
from services.console.parts import Box, Text
from services.console.reader import PRESENT
from services.console.ticker import Ticker
from services.console.words import TONGUES, word
from shared.city.model import City

MISSING, BROKEN = word("没有这一页"), word("这一页没有打开")
log = structlog.get_logger("console")


def add(city: City, ticker: Ticker) -> None:
    """Show these instead of the framework's own."""

    @app.exception_handler(404)
    async def missing(request: Request, exception: Exception) -> Response:
        if "text/html" not in request.headers.get("accept", "") and isinstance(exception, HTTPException):
            return await http_exception_handler(request, exception)
        with Client(Page(""), request=request) as client:
            _tell(city, ticker, request, MISSING, word("地址可能写错了，或这一页已经搬走。"), "/")
        return client.build_response(request, 404)

    def broken(error: Exception) -> None:
        request, number = context.client.request, secrets.token_hex(4)
        log.error("page.failed", number=number, path=request.url.path, error=repr(error)[:300])
        words = word("出了差错，已经记录。重试不行时，请把编号 {number} 告诉管理员。")
        _tell(city, ticker, request, BROKEN, words, str(request.url.path), number)

    app.on_page_exception(broken)


def _tell(city: City, ticker: Ticker, request: Request, title: str, words: str, onward: str, number: str = "") -> None:
    """Build the page: in the frame for who is signed in, alone for anybody else."""
    if PRESENT.get().signed is not None:
        with frame(city, ticker, request, title, ""):
            _said(title, words, onward, number)
        return
    ui.page_title(TONGUES[PRESENT.get().language](title))
    with Box("div", "page"):
        _said(title, words, onward, number)


def _said(title: str, words: str, onward: str, number: str) -> None:
    t = TONGUES[PRESENT.get().language]
    with Box("div", "nothing"):
        Text("h1", t(title))
        Text("p", t(words, number=number))
        Text("a", t("重试") if number else t("回到首页"), href=onward).classes("button")
