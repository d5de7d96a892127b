"""Photos show what was done: sent with 办结反馈 from a desk, seen by who verifies and who is above."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from services.console.access.roles import Post, Role
from tests.browser.conftest import PHONE, Sit, is_sound
from tests.support.running_city import RunningCity
from tests.unit.intake.test_photos import photo, positioned

pytestmark = pytest.mark.browser
FINISH = ".act:has(summary:text-is('办结反馈'))"
LOADED = "images => images.map(image => image.complete && image.naturalWidth > 0)"


def test_photos_go_with_the_work_and_are_seen_by_who_verifies_it(
    donggang: RunningCity, sit: Sit, tmp_path: Path
) -> None:
    city = donggang
    case = city.report("evidence-1", "burst-pipe")["case"]
    order = city.order(case, "dispatched")
    lead = city.holder(order["lead"])
    assert city.act(case, "accept", lead, handler="抢修班长", assignment=order["assignment"]).status_code == 200
    city.shown(case, "accepted")
    page = sit(Post(Role.CLERK, order["lead"]))
    page.goto(f"/desk?queue=in_hand&item={case}")
    form = page.locator(FINISH)
    files = form.locator("input[type=file]")
    files.set_input_files({"name": "说明.jpg", "mimeType": "image/jpeg", "buffer": b"no picture at all"})
    expect(form.locator(".state-refused")).to_contain_text("未生效")
    before, after = (
        {"name": name, "mimeType": kind, "buffer": data}
        for name, kind, data in (("前.jpg", "image/jpeg", positioned()), ("后.png", "image/png", photo("PNG")))
    )
    files.set_input_files([before, after])
    expect(form.locator(".shot")).to_have_count(2)
    expect(form.locator("input[type=number]")).to_have_value("2")
    form.locator("textarea").fill("已更换阀门，恢复供水")
    page.reload()
    expect(form.locator(".shot")).to_have_count(2)
    (folder := tmp_path / "form").mkdir()
    is_sound(page, folder)
    form.locator("button[type=submit]").dblclick()
    city.shown(case, "handled")
    seat = sit(Post(Role.COMMUNITY, "C01"), size=PHONE)
    seat.goto(f"/cases/{case}")
    shots = seat.locator(".shots")
    expect(shots).to_have_count(1)
    expect(shots.locator("summary")).to_have_text("照片 2 张")
    shots.locator("summary").tap()
    expect(shots.locator("img").first).to_be_visible()
    seat.wait_for_load_state("networkidle")
    assert shots.locator("img").evaluate_all(LOADED) == [True, True]
    (folder := tmp_path / "seen").mkdir()
    is_sound(seat, folder)
    address = str(shots.locator("a").first.get_attribute("href"))
    assert b"Telephone" not in seat.request.get(address).body()
    other = sit(Post(Role.CLERK, "gardens"))
    other.goto("/desk")
    assert other.request.get(address).status == 403
