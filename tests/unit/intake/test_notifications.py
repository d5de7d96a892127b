"""Every reporter is told of every step, by whatever way reaches him; a failing way slows itself and nothing else."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.intake.chores import sender as sending
from services.intake.chores.channel import AppriseChannel, FileChannel, Notice, NotSent, channels_of
from services.intake.chores.sender import MOST_ATTEMPTS, Sender, pause_after
from services.intake.domain import heard
from services.intake.domain.notification import STEPS, WORDS, Notification, said
from services.intake.domain.report import Reporter, ReportPlace
from services.intake.papers.follow import page
from services.intake.routes.follow import progress, token_of
from services.intake.tables.notification import Due, Ended
from shared.city.model import City
from tests.unit.intake.conftest import Office

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
NOTICE = Notice(7, "d-1", "DG-1", "closed", AT, "已结案", "closed", "/v1/follow/x")
STATUS: dict[str, Any] = {"status": "x", "responsible": "housing"}


def told(office: Office) -> list[tuple[str, str | None]]:
    return [(row.step, row.unit) for row in office.rows if isinstance(row, Notification)]


def test_the_reporters_of_a_case_are_told_each_step_from_registration_to_the_end(office: Office, grid: str) -> None:
    office.report(place=ReportPlace(unit=grid), matter="street-lights", reporter=Reporter(phone="13800138000"))
    for fact in (
        heard.OrderOpened(status="waiting", responsible="S01"),
        heard.OrderDispatched(**STATUS),
        heard.OrderAccepted(**STATUS),
        heard.OrderHandled(**{**STATUS, "responsible": grid}, done_by="housing", note="换了灯泡"),
        heard.TopicResolved(body="C01"),
        heard.TopicMovedUp(to_body="S01"),
        heard.TopicDeferred(body="C01"),
        heard.TopicDeclined(body="C01", reason="unlawful"),
        heard.CaseClosed(status="closed", responsible=None, reason="rated"),
    ):
        office.hear("case-1", fact, "dispatch")
    assert told(office) == [
        ("registered", None), ("dispatched", "housing"), ("accepted", "housing"), ("handled", "housing"),
        ("meeting_resolved", "C01"), ("meeting_moved_up", "S01"), ("meeting_deferred", "C01"),
        ("meeting_declined", "C01"), ("closed", None),
    ]  # fmt: skip
    assert next(row.note for row in office.rows if getattr(row, "step", "") == "handled") == "换了灯泡"


def test_a_rejected_report_is_answered_with_its_rule_in_words(office: Office) -> None:
    office.report(text="。", subject=None)
    (row,) = [row for row in office.rows if isinstance(row, Notification)]
    zh, en = said(row.step, "DG-1", "", row.note, row.rule, row.params)
    assert zh == "您反映的事项（DG-1）不予受理：内容为空或无法理解，请补充后重新提交。"
    assert "Empty or unreadable" in en


@pytest.mark.parametrize("step", sorted(set(STEPS.values())))
def test_every_step_has_words_in_both_languages(step: str) -> None:
    assert step in WORDS
    zh, en = said(step, "DG-1", "住建局", "换了灯泡", "report.meaningless", {})
    assert "DG-1" in zh
    assert "DG-1" in en
    assert not {"{", "}"} & set(zh + en)


def due(attempts: int = 1, **changed: Any) -> Due:
    given: dict[str, Any] = {
        "id": 7, "case": "c-1", "dossier": "d-1", "step": "closed", "unit": None, "note": "", "rule": None,
        "params": {}, "at": AT, "attempts": attempts, "identity": {"phone": "13800138000"}, "source": "hotline",
        "report": "R-1", "number": "DG-1",
    }  # fmt: skip
    return Due(**(given | changed))


class Broken:
    """A channel whose far side is away; its error repeats what it was given, as real ones do."""

    code = "sms"

    def __init__(self) -> None:
        self.tried = 0

    def reaches(self, contact: Any) -> bool:
        return "phone" in contact

    async def send(self, notice: Notice, contact: Any) -> None:
        self.tried += 1
        raise ConnectionError(f"no route to {contact['phone']}")


class Table:
    """The table of notices in memory, instead of a database."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *rows: Due) -> None:
        self.rows, self.ended = list(rows), list[Ended]()
        monkeypatch.setattr(sending.notification, "take", self._take)
        monkeypatch.setattr(sending.notification, "end", self._end)
        monkeypatch.setattr(sending, "transaction", lambda engine: engine)

    async def _take(self, conn: Any, limit: int, lease: float) -> list[Due]:
        taken, self.rows = self.rows[:limit], self.rows[limit:]
        return taken

    async def _end(self, conn: Any, ended: list[Ended]) -> None:
        self.ended += ended


class Nowhere:
    """A database that nobody asks anything."""

    async def __aenter__(self) -> Nowhere:
        return self

    async def __aexit__(self, *_: object) -> None: ...


def sender(city: City, *channels: Any) -> Sender:
    desk: Any = SimpleNamespace(engine=Nowhere(), city=city)
    return Sender(desk, channels, lambda case: f"https://sidan.example/v1/follow/{case}")


async def test_what_fails_is_tried_again_ever_later_and_at_last_given_up(
    city: City, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Broken()
    table = Table(monkeypatch, due(1), due(4), due(MOST_ATTEMPTS))
    assert await sender(city, broken).once() == 3
    assert broken.tried == 3
    assert [(e.state, e.error) for e in table.ended] == [("waiting", "ConnectionError")] * 2 + [
        ("given_up", "ConnectionError")
    ]
    assert table.ended[0].again < table.ended[1].again
    assert pause_after(100) == sending.LONGEST_PAUSE
    assert "13800138000" not in "".join(capsys.readouterr())


async def test_one_failing_channel_holds_back_nobody_else(
    city: City, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = Table(monkeypatch, due(id=1), due(id=2, identity={"id": "u-1"}), due(id=3, identity=None))
    await sender(city, Broken(), FileChannel(tmp_path)).once()
    assert [(e.id, e.state, e.channel) for e in table.ended] == [
        (1, "waiting", "sms"), (2, "sent", "file"), (3, "erased", None),
    ]  # fmt: skip


async def test_a_channel_that_hangs_is_left_alone_after_a_while(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(Broken):
        async def send(self, notice: Notice, contact: Any) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(sending, "SEND_SECONDS", 0.01)
    table = Table(monkeypatch, due())
    await sender(city, Hanging()).once()
    assert [(e.state, e.error) for e in table.ended] == [("waiting", "TimeoutError")]


async def test_the_file_holds_what_is_said_and_to_which_dossier_and_no_contact(
    city: City, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Table(monkeypatch, due())
    await sender(city, *channels_of({}, tmp_path)).once()
    (line,) = (tmp_path / "2026-11-23.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "id": 7, "dossier": "d-1", "number": "DG-1", "step": "closed", "at": "2026-11-23T10:00:00+08:00",
        "zh": "您反映的事项（DG-1）已结案。", "en": "Your report (DG-1) is closed.",
        "link": "https://sidan.example/v1/follow/c-1",
    }  # fmt: skip
    assert "138" not in line


async def test_notices_sent_together_are_each_a_line_even_behind_a_torn_one(tmp_path: Path) -> None:
    file = tmp_path / "2026-11-23.jsonl"
    file.write_text('{"id": 1, "doss')
    channel = FileChannel(tmp_path)
    for first in (10, 60):
        await asyncio.gather(*(channel.send(replace(NOTICE, id=first + n), {}) for n in range(50)))
    torn, *lines = file.read_text(encoding="utf-8").splitlines()
    assert torn == '{"id": 1, "doss'
    assert sorted(json.loads(line)["id"] for line in lines) == list(range(10, 110))


async def test_a_disk_that_takes_nothing_is_a_failing_channel(tmp_path: Path) -> None:
    (tmp_path / "full").write_text("no folder")
    channel = FileChannel(tmp_path / "full")
    ended = await asyncio.gather(channel.send(NOTICE, {}), channel.send(NOTICE, {}), return_exceptions=True)
    assert [type(one) for one in ended] == [NotSent, NotSent]
    (tmp_path / "full").unlink()
    await channel.send(NOTICE, {})
    assert len((tmp_path / "full" / "2026-11-23.jsonl").read_text(encoding="utf-8").splitlines()) == 1


async def test_an_address_is_filled_with_what_the_reporter_left_and_used_only_if_he_left_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import apprise

    seen: list[str] = []

    class Far(apprise.Apprise):  # type: ignore[misc]
        def add(self, servers: str, **_: Any) -> bool:
            seen.append(servers)
            return servers.startswith("json://")

        async def async_notify(self, **said: Any) -> bool:
            return "已结案" in said["body"] and said["title"] == "DG-1" and "@" not in seen[-1]

    monkeypatch.setattr(apprise, "Apprise", Far)
    channel = AppriseChannel("sms", "json://gateway.example/?to={phone}")
    assert channel.reaches({"phone": "1", "id": "u"})
    assert not channel.reaches({"id": "u"})
    await channel.send(NOTICE, {"phone": "138 0013/8000"})
    assert seen == ["json://gateway.example/?to=138%200013%2F8000"]
    with pytest.raises(NotSent, match="address"):
        await AppriseChannel("x", "nonsense://{phone}").send(NOTICE, {"phone": "1"})
    with pytest.raises(NotSent, match="refused"):
        await AppriseChannel("y", "json://a@b/{phone}").send(NOTICE, {"phone": "1"})
    assert logging.getLogger("apprise").disabled


def test_a_link_is_the_case_s_own_and_nobody_can_make_it_without_the_secret() -> None:
    token = token_of("secret-of-the-stack", "donggang", "c-1")
    assert token.startswith("c-1.")
    assert len(token) == len("c-1.") + 43
    others = {
        token_of("another-secret", "donggang", "c-1"), token_of("secret-of-the-stack", "guiping", "c-1"),
        token_of("secret-of-the-stack", "donggang", "c-2"),
    }  # fmt: skip
    assert token not in others
    assert token.rpartition(".")[2] not in {other.rpartition(".")[2] for other in others}


def test_the_page_shows_where_it_is_who_answers_and_what_was_done_and_runs_nothing(
    office: Office, grid: str, city: City
) -> None:
    office.report(place=ReportPlace(unit=grid), matter="street-lights", reporter=Reporter(phone="13800138000"))
    evil = "<script>alert(1)</script>'; DROP TABLE dossier;--"
    department = next(iter(city.departments))
    office.hear(
        "case-1",
        heard.OrderHandled(status="handled", responsible=department, due_at=AT, note=evil, done_by=department),
        "dispatch",
    )
    shown = page(progress(office.states["case-1"], city), city.names)
    assert office.states["case-1"].number in shown
    assert city.name_of(department) in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#39;; DROP TABLE dossier" in shown
    assert "<script" not in shown
    assert "13800138000" not in shown
