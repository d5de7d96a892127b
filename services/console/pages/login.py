"""Signing in 登录, and the page for those whose page it is not."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request
from nicegui import context, ui

from services.console.access.roles import NAMES, PLACES, places_of
from services.console.access.sign_in import OIDC, OUT, inside
from services.console.pages.frame import Page, frame
from services.console.parts import Box, Text
from services.console.reader import PRESENT
from services.console.ticker import Ticker
from services.console.words import TONGUES, Tongue, word
from shared.city.model import City

WHY = {
    "login.wrong": word("账号或口令不对。"),
    "http.too_often": word("尝试次数过多，请 {seconds} 秒后再试。"),
    "login.no_post": word("这个账号还没有岗位，请联系管理员。"),
    "login.unknown_identity": word("这个身份还没有对应的账号，请联系管理员。"),
    "login.provider_away": word("统一身份认证暂时连不上，可用账号口令登录。"),
    "login.provider_refused": word("统一身份认证没有通过，请重试。"),
}

FORGET = (
    'for (const key of Object.keys(localStorage)) if (key.startsWith("draft:")) localStorage.removeItem(key); '
    'self.caches && caches.delete("sidan-grid")'
)
"""What was typed and not sent, and pages kept for times without a network, stay in a browser until the sign-out."""


def add(city: City, ticker: Ticker, *, with_provider: bool) -> None:
    """Add the two pages."""

    @Page("/login")
    def login(request: Request) -> None:
        t = TONGUES[PRESENT.get().language]
        name = city.names.zh if t.language == "zh" else city.names.en
        ui.page_title(f"{t('登录')} · {name}")
        asked = request.query_params
        aim = inside(asked.get("next", "/"))
        if request.url.query == OUT:
            ui.add_body_html(f"<script>{FORGET}</script>")
        with Box("section", "card login"):
            Text("h1", t("登录"))
            Text("p", name).classes("city")
            if asked.get("why") in WHY:
                seconds = asked.get("seconds", "")
                said = t(WHY[asked["why"]], seconds=seconds if seconds.isdigit() else "60")
                Text("p", said, role="alert").classes("refused")
            with Box("form", action="/login", method="post"):
                Box("input", type="hidden", name="next", value=aim)
                _field(t, "login", t("账号"), "username", "text")
                _field(t, "password", t("口令"), "current-password", "password")
                Text("button", t("登录"), type="submit").classes("button primary")
            if with_provider:
                where = f"{OIDC}/?{urlencode({'next': aim})}"
                Text("a", t("用统一身份认证登录"), href=where).classes("button")

    @Page("/forbidden")
    def forbidden(request: Request) -> None:
        context.client.status_code = 403
        place = next((place for place in PLACES if place.key == request.url.query), None)
        with frame(city, ticker, request, word("此页不由您使用"), "") as desk, Box("div", "nothing"):
            t = desk.t
            Text("h1", t("此页不由您使用"))
            if place is not None:
                users = t("、").join(t(name) for role, name in NAMES.items() if role in place.roles)
                Text("p", t("{page}由{users}使用。", page=t(place.name), users=users))
            Text("a", t("回到首页"), href=next(places_of(desk.signed.role)).path).classes("button")


def _field(t: Tongue, name: str, label: str, complete: str, kind: str) -> None:
    with Box("label"):
        Text("span", label)
        Box("input", name=name, type=kind, autocomplete=complete, required=True, maxlength="200")
