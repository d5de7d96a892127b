"""shell.md §6 beside the one clock: one calendar for all, followed by every deadline once (decision 45)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

from sqlalchemy import text

from shared.kernel.calendar import SHANGHAI
from shared.shell.clock import LONGEST_TRANSACTION, Follower
from tests.shell.test_6_clock import fired
from tests.support.office import START, DictOffice, Office, SqlOffice

_HOLD = text("SELECT 1 FROM subject WHERE id = 'c-1' FOR UPDATE")


def publish(office: Office, key: str = "p-1", year: int = 2027) -> None:
    assert office.desk(f"publish {year}", key).rule is None


def follow(office: Office, at: float = 0.0, follower: Follower | None = None) -> Follower:
    follower = follower or Follower(office.shell)
    office.drive(office.shell.take_due())
    while office.drive(follower.step(at)):
        pass
    return follower


def test_every_open_subject_meets_a_published_calendar_once(office: Office) -> None:
    office.open("c-1", "c-2")
    assert office.drive(office.shell.project_anew()) == ("", 0)
    publish(office)
    assert office.drive(office.shell.project_anew()) == ("c-2", 2)
    assert office.drive(office.shell.project_anew()) == ("", 0)
    assert office.notes("c-1") == ("publish 2027", "calendar 1 of 2027")
    assert office.notes("c-2") == ("calendar 1 of 2027",)
    causes = {office.headers(row[0])["ce_causationid"] for row in office.journal() if row[1] == "c-2"}
    assert "c-2/calendar/1" in causes


def test_a_moved_deadline_fires_at_its_new_time_alone(office: Office) -> None:
    office.open()
    publish(office)
    follow(office)
    assert office.pass_time(days=1) == 0
    assert office.pass_time(days=7) == 1
    assert fired(office) == [("later", (START + timedelta(days=2)).isoformat())]


def test_what_is_armed_after_the_publication_has_met_it(office: Office) -> None:
    office.open()
    publish(office)
    office.open("c-2")
    follow(office)
    assert office.notes("c-2") == ()


def test_deciders_work_by_the_published_calendar_at_once(office: Office) -> None:
    office.open()
    assert office.shell.store.city.calendar.known == frozenset()
    publish(office)
    office.desk("no more", "m-2")
    calendar = office.shell.store.city.calendar
    assert calendar.known == {2027}
    assert not calendar.is_working_day(date(2027, 1, 1))
    assert calendar.names[date(2027, 1, 1)] == "元旦"


def test_deciders_give_a_granted_matter_to_communities_from_its_day_until_it_is_taken_back(office: Office) -> None:
    office.open()
    tomorrow = (START.astimezone(SHANGHAI) + timedelta(days=1)).date()
    seen = []
    for word in (
        f"grant parking {tomorrow}",
        f"grant lifts {tomorrow - timedelta(days=9)}",
        "none",
        "grant lifts",
        "none",
    ):
        assert office.desk(word, f"g-{len(seen)}").rule is None
        office.drive(office.shell.take_due())
        seen.append(office.shell.store.city.given)
    assert seen[2] == {"lifts"}
    assert seen[4] == frozenset()
    office.pass_time(days=2)
    office.desk("none", "g-5")
    assert office.shell.store.city.given == {"parking"}


def test_a_subject_that_cannot_follow_holds_up_nobody(office: Office) -> None:
    office.open("c-1", "c-2")
    office.desk("cannot follow", "m-1")
    publish(office, "p-1")
    assert office.drive(office.shell.project_anew()) == ("c-2", 2)
    assert office.notes("c-2") == ("calendar 1 of 2027",)
    assert office.drive(office.shell.project_anew()) == ("", 0)


def test_pages_go_on_behind_the_last_subject(office: Office) -> None:
    office.open("c-1", "c-2", "c-3")
    publish(office)
    assert office.drive(office.shell.project_anew("", 2)) == ("c-2", 2)
    assert office.drive(office.shell.project_anew("c-2", 2)) == ("c-3", 1)


def test_a_crash_before_the_commit_leaves_them_to_be_met(office: Office) -> None:
    office.open()
    publish(office)

    async def crash() -> None:
        async with office.shell.store.transaction() as tx:
            _, batch, _ = await tx.load_stale("", 500)
            assert len(batch.work) == 1
            raise KeyError

    with suppress(KeyError):
        office.drive(crash())
    assert office.drive(office.shell.project_anew()) == ("c-1", 1)


def test_a_calendar_published_twice_is_met_twice_in_order(office: Office) -> None:
    office.open()
    publish(office, "p-1", 2027)
    publish(office, "p-2", 2028)
    follow(office)
    assert office.notes()[-1] == "calendar 2 of 2028"
    assert office.shell.store.city.calendar.known == {2027, 2028}


def test_the_walk_is_repeated_until_no_older_transaction_can_be_alive(office: Office) -> None:
    office.open("c-1", "c-2")
    publish(office)
    follower = follow(office, 0.0)
    looks: list[str] = []
    project_anew = office.shell.project_anew

    async def look(after: str = "", limit: int = 500) -> tuple[str, int]:
        looks.append(after)
        return await project_anew(after, limit)

    office.shell.project_anew = look  # type: ignore[method-assign]
    follow(office, 1.0, follower)
    quiet = len(looks)
    follow(office, LONGEST_TRANSACTION - 1, follower)
    assert len(looks) == quiet
    follow(office, LONGEST_TRANSACTION, follower)
    assert len(looks) == quiet + 1
    follow(office, 10 * LONGEST_TRANSACTION, follower)
    assert len(looks) == quiet + 1


def test_a_held_subject_is_left_for_the_next_walk(make_office: Callable[..., Office]) -> None:
    office = make_office()
    if isinstance(office, DictOffice):
        return  # one transaction at a time: nobody else can hold anything
    assert isinstance(office, SqlOffice)
    office.open("c-1", "c-2")
    publish(office)

    async def beside() -> tuple[str, int]:
        async with office.shell.store.transaction() as tx:
            await tx.conn.execute(_HOLD)  # type: ignore[attr-defined]
            return await office.shell.project_anew()

    assert office.drive(beside()) == ("c-2", 1)
    assert office.drive(office.shell.project_anew()) == ("c-1", 1)
