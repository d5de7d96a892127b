"""When a body meets: one regular meeting per period of its cadence, and one in place of a missed one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from services.escalation.domain import facts as f
from services.escalation.domain.ledger import Ledger, Secretary, ledger_of
from services.escalation.domain.meeting import cut_off_before, meeting_id, next_regular_day, opening_on
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
    if opening_on(city, unit, on) <= at:
        on = next_regular_day(city, unit, on)
    secretary = Secretary(states, city, at)
    secretary.state(message.subject, f.MeetingNumbered(body=unit, level=ledger.level, number=number, on=on))
    _plan_on(secretary, city, ledger, number, on, at, within=city.period_end(unit, on), makeup=False)
    following = (meeting_id(unit, number + 1),)
    secretary.arm(Arm("plan", opening_on(city, unit, on), {}, message.subject, following))
    return secretary.decision()


@on_due("makeup")
def make_up(states: States, message: Message, context: Context) -> Decision:
    """Plan a meeting in place of a missed regular one, early enough inside the limit (workflows §2.3 move 10)."""
    unit = message.subject.removeprefix("ledger:")
    ledger, city, at = ledger_of(states, unit, context.city), context.city, message.acted_at
    number = ledger.number + 1
    if lacks(states, (meeting_id(unit, number),)):
        return again(message, (meeting_id(unit, number),))
    limit = city.clock("make_up")
    on, within = (clock.add(at, budget, city.calendar).date() for budget in (limit.halved(), limit))
    secretary = Secretary(states, city, at)
    secretary.state(message.subject, f.MeetingNumbered(body=unit, level=ledger.level, number=number, on=None))
    _plan_on(secretary, city, ledger, number, on, at, within=within, makeup=True)
    return secretary.decision()


def _plan_on(
    secretary: Secretary, city: Any, ledger: Ledger, number: int, on: date, at: datetime, *, within: date, makeup: bool
) -> None:
    id_, body = meeting_id(ledger.unit, number), city.bodies[ledger.unit]
    opens_at = opening_on(city, ledger.unit, on)
    # A body that begins its work after a cut-off still meets: its agenda is then fixed at once.
    cut_off = max(cut_off_before(city, opens_at), at)
    secretary.state(
        id_,
        f.MeetingPlanned(
            body=ledger.unit,
            level=ledger.level,
            number=number,
            temporary=False,
            makeup=makeup,
            on=on,
            opens_at=opens_at,
            cut_off_at=cut_off,
            within=within,
            caller=body.convener,
            place=body.slot.place,
            theme=body.slot.theme,
        ),
    )
    secretary.arm(Arm("convene", cut_off, {}, id_, (f"ledger:{ledger.unit}",)))
