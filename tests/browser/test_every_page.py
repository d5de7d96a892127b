"""Every page of the office, on desk and phone, in light and dark: no complaint, nothing from elsewhere, nothing wider
than the screen, and nothing serious that axe-core finds."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from services.console.access.roles import AT_BODY, AT_DEPARTMENT, CITY_WIDE, PLACES, Place, Post, Role
from tests.browser.conftest import DESK, PHONE, Sit
from tests.support.running_city import RunningCity

pytestmark = pytest.mark.browser
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
AT = {Role.GRID: "C01-G01", Role.COMMUNITY: "C01", Role.STREET: "S01"}


def _post(place: Place, city: RunningCity) -> Post:
    role = next(role for role in (Role.OPERATIONS, *Role) if role in place.roles)
    if role in CITY_WIDE:
        return Post(role, city.city.root.code)
    department = next(iter(city.city.departments))
    return Post(role, department if role in AT_DEPARTMENT else "C01" if role in AT_BODY else AT[role])


def _serious(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {one['nodes'][0]['target']} {one['nodes'][0]['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.key)
def test_a_page_is_sound_on_desk_and_phone_in_light_and_dark(donggang: RunningCity, sit: Sit, place: Place) -> None:
    page = sit(_post(place, donggang))
    page.goto(place.path)
    expect(page.locator("h1").first).to_be_attached()
    page.wait_for_load_state("networkidle")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    for size, scheme in ((DESK, "light"), (PHONE, "light"), (PHONE, "dark")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{place.path} at {size['width']}"
        assert _serious(page) == [], f"{place.path} at {size['width']} {scheme}"


def test_the_sign_in_is_sound(donggang: RunningCity, sit: Sit) -> None:
    page = sit(Post(Role.OPERATIONS, donggang.city.root.code), size=PHONE)
    page.goto("/login")
    assert _serious(page) == []
