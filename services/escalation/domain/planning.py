"""When a body meets: one regular meeting per period of its cadence, and one in place of a missed one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from services.escalation.domain import facts as f
from services.escalation.domain.ledger import Ledger, Secretary, ledger_of
from services.escalation.domain.meeting import meeting_id, next_regular_day, opening_on
from services.escalation.domain.table import States, again, lacks, on_due
from shared.kernel import clock
from shared.kernel.decisions import Arm, Context, Decision, Message


def seeds(city: Any, now: datetime) -> list[tuple[str, Arm]]:
    """Return the subject of every body's ledger with the deadline that plans its first meeting."""
    return [(f"ledger:{unit}", Arm("plan", now, {}, f"ledger:{unit}", (meeting_id(unit, 1),))) for unit in city.bodies]


@on_due("plan")
def plan(states: States, message: Message, context: Context) -> Decision:
    """Plan the body's next regular meeting, one per period; the one after it is planned as this one opens."""
    unit = message.subject.removeprefix("ledger:")
    ledger, city, at = ledger_of(states, unit, context.city), context.city, message.acted_at
    number = ledger.number + 1
    if lacks(states, (meeting_id(unit, number),)):
        return again(message, (meeting_id(unit, number),))
    before = city.calendar.local(at).date() - timedelta(days=1)
    on = next_regular_day(city, unit, max(before, ledger.on or before))
    if opening_on(city, on) <= at:
        on = next_regular_day(city, unit, on)
    secretary = Secretary(states, city, at)
    secretary.state(message.subject, f.MeetingNumbered(body=unit, level=ledger.level, number=number, on=on))
    _plan_on(secretary, city, ledger, number, on, at, makeup=False)
    following = (meeting_id(unit, number + 1),)
    secretary.arm(Arm("plan", opening_on(city, on), {}, message.subject, following))
    return secretary.decision()


@on_due("makeup")
def make_up(states: States, message: Message, context: Context) -> Decision:
    """Plan a meeting in place of a missed regular one, early enough inside the limit (workflows §2.3 move 10)."""
    unit = message.subject.removeprefix("ledger:")
    ledger, city, at = ledger_of(states, unit, context.city), context.city, message.acted_at
    number = ledger.number + 1
    if lacks(states, (meeting_id(unit, number),)):
        return again(message, (meeting_id(unit, number),))
    on = clock.add(at, city.clock("make_up").halved(), city.calendar).date()
    secretary = Secretary(states, city, at)
    secretary.state(message.subject, f.MeetingNumbered(body=unit, level=ledger.level, number=number, on=None))
    _plan_on(secretary, city, ledger, number, on, at, makeup=True)
    return secretary.decision()


def _plan_on(
    secretary: Secretary, city: Any, ledger: Ledger, number: int, on: date, at: datetime, *, makeup: bool
) -> None:
    calendar, id_ = city.calendar, meeting_id(ledger.unit, number)
    day = calendar.working_day_before(on, city.clock("cut_off").amount)
    # A body that begins its work after a cut-off still meets: its agenda is then fixed at once.
    cut_off = max(calendar.midnight(day.toordinal()) + calendar.closing, at)
    secretary.state(
        id_,
        f.MeetingPlanned(
            body=ledger.unit,
            level=ledger.level,
            number=number,
            temporary=False,
            makeup=makeup,
            on=on,
            opens_at=opening_on(city, on),
            cut_off_at=cut_off,
        ),
    )
    secretary.arm(Arm("convene", cut_off, {}, id_, (f"ledger:{ledger.unit}",)))
