"""Every page of the office, on desk and phone, in light and dark: no complaint, nothing from elsewhere, nothing wider
than the screen, and nothing that axe-core finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from services.console.access.roles import AT_BODY, AT_DEPARTMENT, CITY_WIDE, PLACES, Place, Post, Role
from tests.browser.conftest import Sit, is_sound
from tests.support.running_city import RunningCity

pytestmark = pytest.mark.browser
AT = {Role.GRID: "C01-G01", Role.COMMUNITY: "C01", Role.STREET: "S01"}
OPERATIONS = Post(Role.OPERATIONS, "donggang")


def _post(place: Place, city: RunningCity) -> Post:
    role = next(role for role in (Role.OPERATIONS, *Role) if role in place.roles)
    if role in CITY_WIDE:
        return Post(role, city.city.root.code)
    department = next(iter(city.city.departments))
    return Post(role, department if role in AT_DEPARTMENT else "C01" if role in AT_BODY else AT[role])


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.key)
def test_a_page_is_sound_on_desk_and_phone_in_light_and_dark(
    donggang: RunningCity, sit: Sit, place: Place, tmp_path: Path
) -> None:
    page = sit(_post(place, donggang))
    page.goto(place.path)
    page.wait_for_load_state("networkidle")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    is_sound(page, tmp_path)


@pytest.mark.parametrize("path", ["/login", "/desk", "/nowhere", "/cases/NOPE"])
def test_so_is_what_else_one_may_come_to(donggang: RunningCity, sit: Sit, path: str, tmp_path: Path) -> None:
    page = sit(OPERATIONS)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    is_sound(page, tmp_path)


def test_so_is_one_case_with_every_form_open(donggang: RunningCity, sit: Sit, tmp_path: Path) -> None:
    city = donggang
    case = city.report("sound-1", "street-lights")["case"]
    order = city.order(case, "dispatched")
    lead = city.holder(order["lead"])
    assert city.act(case, "accept", lead, handler="经办岗", assignment=order["assignment"]).status_code == 200
    city.shown(case, "accepted")
    post, desk = (
        (Post(Role.CLERK, lead[1]), "/desk") if lead[0] == "department" else (Post(Role.STREET, lead[1]), "/dispatch")
    )
    page = sit(post)
    for n, path in enumerate((f"/cases/{case}", f"{desk}?queue=in_hand&item={case}")):
        page.goto(path)
        expect(page.locator("details.act").first).to_be_attached()
        page.wait_for_load_state("networkidle")
        page.locator("details").evaluate_all("boxes => boxes.forEach(box => { box.open = true })")
        (folder := tmp_path / str(n)).mkdir()
        is_sound(page, folder)


def test_so_are_a_meeting_its_ledger_and_a_figure(donggang: RunningCity, sit: Sit, tmp_path: Path) -> None:
    page = sit(Post(Role.CONVENER, "C01"))
    page.goto("/meetings")
    opened = page.locator("a[href^='/meetings/']").first
    expect(opened).to_be_attached()
    paths = (str(opened.get_attribute("href")), "/ledger/C01", "/scores/C01/2026-10/closing")
    for n, path in enumerate(paths):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        (folder := tmp_path / str(n)).mkdir()
        is_sound(page, folder)
