"""Photos on a real database and in a real folder: sent first, named by a report, read by few, erased, swept."""

from __future__ import annotations

from pathlib import Path

from services.intake.chores.photos import Blobs, once
from services.intake.routes.follow import PAGES
from shared.shell.tokens import sign
from tests.integration.test_intake import Client, cell, client, report
from tests.unit.intake.test_photos import WRONG, photo, positioned

__all__ = ["cell", "client"]
WHY = "?why=到现场前看一眼"


async def uploaded(client: Client, data: bytes, kind: str = "source", id_: str = "hotline") -> dict[str, object]:
    answer = await client.http.post("/v1/photos", content=data, headers=client.token(kind, id_))
    return {"status": answer.status_code, **answer.json()}


async def test_a_photo_goes_with_its_report_is_read_by_few_and_erased_with_the_dossier(
    client: Client, tmp_path: Path
) -> None:
    sent = await uploaded(client, positioned())
    assert (sent["status"], sent["media"], sent["width"]) == (200, "image/jpeg", 40)
    kept = [file for file in (tmp_path / "photos").rglob("*") if file.is_file()]
    assert len(kept) == 1
    assert b"Telephone" not in kept[0].read_bytes()

    said = (await client.post("/v1/reports", report("P/1", client.city, photos=[sent["photo"]]))).json()
    again = await client.post("/v1/reports", report("P/2", client.city, photos=[sent["photo"]]))
    assert (again.status_code, again.json()["rule"], again.json()["field"]) == (409, "report.unknown_photo", "photos")
    facts = await client.db.fetchval("SELECT string_agg(j::text, '') FROM journal j WHERE subject = $1", said["case"])
    assert str(sent["sha256"]) in facts
    assert str(sent["photo"]) not in facts

    address = f"/v1/cases/{said['case']}/photos/{sent['photo']}"
    holder = await client.db.fetchval("SELECT state ->> 'responsible' FROM subject WHERE id = $1", said["case"])
    assert holder is None, "nobody answers yet: dispatch is not running here"
    assert (await client.get(address + WHY, "unit", "C01")).status_code == 403
    await client.db.execute(
        "UPDATE subject SET state = jsonb_set(state::jsonb, '{responsible}', '\"C01\"')::json WHERE id = $1",
        said["case"],
    )
    assert (await client.get(address, "unit", "C01")).status_code == 422, "a reading has a reason"
    shown = await client.get(address + WHY, "unit", "C01")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.content == kept[0].read_bytes()
    assert (await client.get(f"/v1/cases/{said['case']}/photos/nope{WHY}", "unit", "C01")).status_code == 404
    readings = (await client.get(f"/v1/cases/{said['case']}/readings", "unit", "C01")).json()["readings"]
    assert {(r["reader"], r["why"]) for r in readings} == {("unit.C01", WHY[5:])}

    own = await client.http.get(f"{said['link']}/photos/1")
    assert own.content == shown.content
    assert (await client.http.get(f"{said['link']}/photos/2")).status_code == 404
    assert (await client.http.get(f"{said['link'][:-1]}x/photos/1")).status_code == 404

    blobs = Blobs("", tmp_path / "photos")
    assert await once(client.desk, blobs) == 0
    await client.http.post("/v1/reports/hotline/P/1/withdraw", headers=client.token("source", "hotline"))
    gone = await client.post(
        "/v1/residents/erase", {"source": "hotline", "reporter": "nobody"}, "operations", "donggang"
    )
    assert gone.json() == {"items": []}


async def test_a_photo_that_no_report_names_is_swept_and_so_is_that_of_an_erased_person(
    client: Client, tmp_path: Path
) -> None:
    blobs = Blobs("", tmp_path / "photos")
    orphan, mine = await uploaded(client, photo()), await uploaded(client, photo("PNG"))
    body = report("P/3", client.city, photos=[mine["photo"]], reporter={"id": "p3", "phone": "13812345678"})
    said = (await client.post("/v1/reports", body)).json()
    assert await once(client.desk, blobs) == 0, "a day is not over"
    assert await once(client.desk, blobs, hours=0) == 1
    assert await blobs.get(str(orphan["photo"])) is None
    assert await blobs.get(str(mine["photo"])) is not None
    await client.http.post("/v1/reports/hotline/P/3/withdraw", headers=client.token("source", "hotline"))
    erased = await client.post("/v1/residents/erase", {"source": "hotline", "reporter": "p3"}, "operations", "donggang")
    assert erased.json()["items"][0]["refused"] is None
    assert (await client.http.get(f"{said['link']}/photos/1")).status_code == 404
    assert await once(client.desk, blobs) == 1
    assert await blobs.get(str(mine["photo"])) is None
    assert await client.db.fetchval("SELECT count(*) FROM photo") == 0


async def test_what_is_no_photo_is_answered_with_rule_and_field(client: Client, tmp_path: Path) -> None:
    for data, rule in WRONG.items():
        answer = await uploaded(client, data)
        if rule == "photo.too_large":
            assert answer["status"] == 413
            continue
        assert (answer["rule"], answer["field"]) == (rule, "photo")
        assert answer["status"] in (415, 422)
        assert answer["title"]
    assert (await uploaded(client, photo(), "member", "m-1"))["status"] == 403
    assert not (tmp_path / "photos").exists()


async def test_near_cases_are_shown_and_one_who_knows_his_again_joins_it(client: Client) -> None:
    city = client.city
    lon, lat = city.geography.centre_of(report("x", city)["place"]["unit"]) or (0.0, 0.0)
    place = {"lon": lon, "lat": lat}
    first = (await client.post("/v1/reports", report("N/1", city, place=place, text="三号楼前路灯坏了几天"))).json()
    near = (await client.post("/v1/nearby", {"text": "路灯坏了", "place": {"lon": lon + 0.0003, "lat": lat}})).json()
    (item,) = near["items"]
    assert (item["case"], item["reporters"], item["metres"]) == (first["case"], 1, 50)
    assert (await client.post("/v1/nearby", {"place": {"lon": lon + 0.0003, "lat": lat}})).json()["items"]
    assert (await client.post("/v1/nearby", {"text": "路灯", "place": place}, "resident", "x")).status_code == 403
    second = (await client.post("/v1/reports", {"id": "N/2", "text": "我家门口也是", "place": place,
                                                "same_as": first["case"]})).json()  # fmt: skip
    assert second["outcome"] == "merged"
    asked = {"Authorization": f"Bearer {sign(client.secret, city.code, PAGES)}"}
    seen = (await client.http.get(second["link"], headers=asked)).json()
    assert (seen["case"], seen["reporter"], seen["reporters"], seen["photos"]) == (first["case"], "r2", 2, 0)
    assert "case" not in (await client.http.get(second["link"])).json()

    holder = ("resident", f"{first['case']}:r2")
    path = f"/v1/cases/{first['case']}"
    assert (await client.post(f"{path}/remind", {}, *holder)).status_code == 200
    assert (await client.post(f"{path}/remind", {}, *holder)).json()["rule"] == "reminder.too_soon"
    photo_key = (await uploaded(client, photo(), *holder))["photo"]
    added = await client.post(f"{path}/supplement", {"text": "昨晚全黑了", "photos": [photo_key]}, *holder)
    assert added.status_code == 200, added.text
    assert (
        await client.post(f"{path}/supplement", {"text": "x"}, "resident", f"{first['case']}:r9")
    ).status_code == 403
    await client.db.execute(
        "UPDATE subject SET state = jsonb_set(state::jsonb, '{responsible}', '\"C01\"')::json WHERE id = $1",
        first["case"],
    )
    dossiers = (await client.get(f"{path}/dossier{WHY}", "unit", "C01")).json()["dossiers"]
    assert [[one["text"] for one in d["added"]] for d in dossiers] == [[], ["昨晚全黑了"]]
    assert (await client.get(f"{path}/photos/{photo_key}{WHY}", "unit", "C01")).status_code == 200


async def test_what_shows_the_work_is_added_by_who_has_the_case_and_seen_by_those_above_its_place(
    client: Client,
) -> None:
    mine = await uploaded(client, photo("PNG"))
    said = (await client.post("/v1/reports", report("P/9", client.city, photos=[mine["photo"]]))).json()
    case, work = said["case"], await uploaded(client, photo(), "department", "gardens")
    adds = {"text": "已更换阀门", "photos": [work["photo"]]}
    refused = await client.post(f"/v1/cases/{case}/supplement", adds, "department", "gardens")
    assert (refused.status_code, refused.json()["rule"]) == (403, "actor.not_allowed")
    await client.db.execute(
        "UPDATE subject SET state = jsonb_set(state::jsonb, '{responsible}', '\"gardens\"')::json WHERE id = $1", case
    )
    other = await client.post(
        f"/v1/cases/{case}/supplement", {"text": "看", "photos": [mine["photo"]]}, "department", "gardens"
    )
    assert other.json()["rule"] == "report.unknown_photo"
    assert (await client.post(f"/v1/cases/{case}/supplement", adds, "department", "gardens")).status_code == 200
    await client.db.execute(
        "UPDATE subject SET state = jsonb_set(state::jsonb, '{responsible}', '\"C01-G01\"')::json WHERE id = $1", case
    )
    address = f"/v1/cases/{case}/evidence/{work['sha256']}"
    readers = {
        ("department", "gardens"): 200, ("unit", "C01-G01"): 200, ("unit", "S01"): 200, ("operations", "o1"): 200,
        ("department", "municipal"): 403, ("unit", "C02"): 403, ("unit", "S02"): 403, ("source", "hotline"): 403,
        ("resident", f"{case}:r1"): 403,
    }  # fmt: skip
    assert {who: (await client.get(address, *who)).status_code for who in readers} == readers
    reporters = f"/v1/cases/{case}/evidence/{mine['sha256']}"
    assert (await client.get(reporters, "operations", "o1")).status_code == 404, "a reporter's own is read for a reason"
