"""What a case's row says after its facts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.console import portrait
from services.console.projection.case import CaseRow, fold
from services.console.queries import Told
from services.console.words import DOUBTS, Tongue
from shared.city.load import load
from shared.contracts import dispatch as d
from shared.contracts import intake as i

T0 = datetime(2026, 11, 2, 1, tzinfo=UTC)


def _at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def _registered(rung: str = "community") -> CaseRow:
    fact = i.CaseRegistered(
        number="DG1", source="hotline", report="r", dossier="d", summary="s", kind="problem", urgent=False, rung=rung,
        placement=i.Placement(unit="C01-G01", how="unit_code", confidence=1),
        understanding=i.Understanding(matter="m", how="given", confidence=1), reporter="p", ratable=True,
    )  # fmt: skip
    return fold(CaseRow("c", T0), fact, T0)


def _standing(**own: Any) -> dict[str, Any]:
    return {"status": "accepted", "responsible": "C01", "rung": "community", "assignment": 1, "clock": "handle"} | own


def _alarmed(of: str = "handle") -> CaseRow:
    row = _registered()
    held = _standing(due_at=_at(10))
    row = fold(row, d.OrderAccepted(**held, handler="h", deemed=False), _at(1))
    row = fold(row, d.OrderReminded(**held, of="handle"), _at(8))
    row = fold(row, d.OrderOverdue(**held, of=of, charged="C01"), _at(10))
    return fold(row, d.OrderSupervised(**held, of=of, charged="C01", supervisor="S01"), _at(20))


def test_the_alarms_of_a_clock_stand_until_that_clock_is_over() -> None:
    late = _alarmed()
    assert (late.reminded, late.overdue, late.supervised, late.overdue_since) == (True, True, True, _at(10))
    handled = _standing(status="handled", clock="verify", due_at=_at(40))
    row = fold(late, d.OrderHandled(**handled, done_by="C01", note="done", contacted=True, evidence=1, on_time=False,
                                    handle_due_at=_at(10)), _at(30))  # fmt: skip
    assert (row.reminded, row.overdue, row.supervised) == (False, False, False)


def test_a_reminder_by_hand_does_not_make_a_case_due_soon() -> None:
    row = fold(_registered(), d.OrderReminded(**_standing(due_at=_at(10)), of="handle", by="S01", why="请抓紧"), _at(2))
    assert not row.reminded


def test_a_progress_note_forgives_nothing() -> None:
    row = fold(_alarmed(), d.OrderProgressed(**_standing(due_at=_at(10)), note="under way"), _at(25))
    assert row.overdue
    assert row.supervised


def test_an_overdue_case_stays_overdue_when_only_its_assignment_changes() -> None:
    handled = _standing(status="handled", clock="verify", due_at=_at(40))
    fact = d.OrderHandled(**handled, done_by="C01", note="done", contacted=True, evidence=1, on_time=False,
                          handle_due_at=_at(10))  # fmt: skip
    assert fold(_alarmed(of="case"), fact, _at(30)).overdue


def test_a_later_overdue_does_not_take_the_place_of_the_cases_own() -> None:
    row = fold(_alarmed(of="case"), d.OrderOverdue(**_standing(due_at=_at(10)), of="handle", charged="C01"), _at(12))
    assert (row.overdue_of, row.overdue_since) == ("case", _at(10))


def test_a_path_holds_each_rung_once_and_ends_where_the_case_stands() -> None:
    row = _registered()
    up = _standing(status="waiting", responsible="S01", rung="street", clock="dispatch", due_at=_at(5))
    row = fold(row, d.OrderPassedUp(**up, from_unit="C01", to_unit="S01", from_rung="community", reason="means",
                                    note="n"), _at(3))  # fmt: skip
    assert row.path == ["community", "street"]
    back = _standing(responsible="C01", due_at=_at(9))
    row = fold(row, d.OrderAccepted(**back, handler="h", deemed=False), _at(4))
    assert row.path == ["community"]
    closed = _standing(status="closed", responsible=None, rung=None, clock=None, due_at=None)
    row = fold(row, d.CaseClosed(**closed, reason="rated", lead="C01", dispatcher="C01", on_time=True,
                                 solved_at_rung="street", opened_at=T0), _at(8))  # fmt: skip
    assert row.path == ["community", "street"]
    assert (row.status, row.closed_at, row.rung_seconds, row.responsible) == ("closed", _at(8), 5 * 3600, None)


def test_how_sure_a_place_is_stands_with_the_case_and_why_it_is_in_doubt() -> None:
    city, row = load("donggang"), _registered()
    point = {"unit": "C01-G01", "how": "unit_code", "confidence": 0.5, "doubt": "contradiction", "other": "C01-G02"}

    def told(**data: Any) -> Told:
        return Told("c", "intake", 1, "case.registered.v1", T0, T0, 1, data)

    def placed(language: str, *history: Told) -> list[str]:
        rows = portrait.about(city, Tongue(language), row, history)
        return [one["text"] for one in rows if one["name"] in ("定位", "Located")]

    other = city.name_of("C01-G02")
    assert placed("zh", told(placement=point), told()) == [
        f"按网格编码 · 把握 50% · 坐标与网格编码不一致 · 也可能是{other}"
    ]
    assert placed("zh") == ["按网格编码"]
    assert all("sure" in placed("en", told(placement=point | {"doubt": doubt}))[0] for doubt in DOUBTS)


def test_a_held_report_waits_at_its_unit_and_ends_when_taken_back() -> None:
    held = i.CaseHeld(number="DG2", source="hotline", report="r", dossier="d", summary="s", why="matter",
                      responsible="donggang", due_at=_at(8))  # fmt: skip
    row = fold(CaseRow("c", T0), held, T0)
    assert (row.status, row.responsible, row.registered_at) == ("held", "donggang", None)
    gone = fold(row, i.CaseWithdrawn(reporter="p"), _at(1))
    assert (gone.status, gone.responsible, gone.due_at) == ("withdrawn", None, None)
    registered = _registered()
    assert fold(registered, i.CaseWithdrawn(reporter="p"), _at(1)) == registered, "the order's end is dispatch's to say"


def test_a_split_case_is_split_after_its_order_ended_and_closes_with_its_last_part() -> None:
    row = fold(_registered(), d.OrderAccepted(**_standing(due_at=_at(10)), handler="h", deemed=False), _at(1))
    row = fold(row, i.CaseSplit(parts=("p1", "p2")), _at(2))
    gone = {"status": "withdrawn", "responsible": None, "assignment": 1}
    row = fold(row, d.OrderWithdrawn(**gone), _at(2))
    assert (row.status, row.closed_at, row.responsible) == ("split", None, None)
    assert fold(row, i.CaseWithdrawn(reporter="p"), _at(3)).close_reason == "withdrawn"
    row = fold(row, i.PartEnded(part="p1", left=1), _at(4))
    assert row.status == "split"
    row = fold(row, i.PartEnded(part="p2", left=0), _at(5))
    assert (row.status, row.closed_at, row.close_reason) == ("closed", _at(5), "parts_ended")
