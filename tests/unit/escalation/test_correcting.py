"""G17: records are only appended; a correction is a record."""

from __future__ import annotations

import pytest

from services.escalation.domain.correcting import CorrectRecord, RecordCorrected
from services.escalation.domain.meeting import MeetingStatus
from shared.kernel.refusals import Refused
from tests.unit.escalation.hall import ESTATE, STREET, Hall, on, unit


def decided() -> Hall:
    hall = Hall()
    hall.escalate()
    hall.decide_at(ESTATE, "resolve", due_on=on("2026-03-10"))
    return hall


def test_g17_changing_a_deadline_in_adopted_minutes_is_refused() -> None:
    hall = decided()
    meeting = hall.meetings(ESTATE, MeetingStatus.ADOPTED)[0]
    later = hall.decision(meeting.agenda[0].topic, "resolve", due_on=on("2026-04-10"))
    before = hall.records(ESTATE)
    with pytest.raises(Refused):
        hall.record(meeting, later)
    with pytest.raises(Refused):
        hall.adopt(meeting)
    assert hall.records(ESTATE) == before


def test_a_correction_is_a_further_record_that_names_the_one_it_corrects_and_changes_nothing() -> None:
    hall = decided()
    before, statuses = hall.records(ESTATE), hall.statuses()
    wrong = next(record for record in before if record.kind == "decided")
    hall.send(f"ledger:{ESTATE}", CorrectRecord(seq=wrong.seq, why="纪要编号写错，电话13900001111"), unit(ESTATE))
    assert hall.records(ESTATE)[:-1] == before
    record = hall.records(ESTATE)[-1]
    assert (record.kind, record.topic) == ("corrected", wrong.topic)
    body = hall.body_of(record)
    assert body["corrects"] == {"seq": wrong.seq, "hash": wrong.hash}
    assert body["words"] == hall.wordings()[-1].digest
    stated = hall.stated(RecordCorrected)[-1]
    assert (stated.seq, stated.corrects, "1390" in stated.why) == (record.seq, wrong.seq, False)
    assert hall.statuses() == statuses
    hall.check_chains()


def test_only_the_bodys_own_secretary_corrects_and_only_what_is_there() -> None:
    hall = decided()
    with pytest.raises(Refused, match=r"body\.not_yours"):
        hall.send(f"ledger:{ESTATE}", CorrectRecord(seq=1, why="不是这样的"), unit(STREET))
    with pytest.raises(Refused, match=r"ledger\.no_record"):
        hall.send(f"ledger:{ESTATE}", CorrectRecord(seq=99, why="不是这样的"), unit(ESTATE))
    with pytest.raises(Refused, match=r"subject\.unknown"):
        hall.send("ledger:C99", CorrectRecord(seq=1, why="不是这样的"), unit("C99"))
