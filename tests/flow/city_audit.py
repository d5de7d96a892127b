"""What must hold for people: places, answers, meetings, ledgers, figures, and that nobody is told of (domain.md 7)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from services.dispatch.domain.order import Order, Status
from services.escalation.domain.chain import Anchor, Record, anchors_below, verify
from services.escalation.domain.entry_board import entry_row
from services.escalation.domain.topic import FINAL, EntryStatus, Topic, topic_of
from services.feedback.domain.period import Period
from services.feedback.domain.policy import in_force
from services.feedback.domain.publishing import cards
from services.feedback.domain.tally import tallies
from services.intake.domain.follow_up import WISH
from shared.contracts.dispatch import ReplyRefused
from shared.shell.work import JournalRow
from tests.flow.office import Office
from tests.flow.residents import PHONE, SECRET, Residents
from tests.flow.world import BEHIND, World

Findings = Iterator[str]
PRIVATE = re.compile(f"{SECRET}|{PHONE}")


def facts_of(office: Office) -> dict[str, list[JournalRow]]:
    """Return the facts of each subject, in the journal's order."""
    found: dict[str, list[JournalRow]] = {}
    for row in office.store.tables.journal:
        if row.sequence:
            found.setdefault(row.subject, []).append(row)
    return found


def orders_of(world: World) -> list[tuple[str, Order]]:
    """Return every case that has an order."""
    subjects = world.offices["dispatch"].store.tables.subjects
    return [(case, kept.state) for case, kept in subjects.items() if isinstance(kept.state, Order)]


def fair(world: World, residents: Residents) -> Findings:
    """Who finished in time is never charged as late, however long our own readers took."""
    anew = ("order.dispatched.v1", "order.accepted.v1", "order.reworked.v1", "order.verification_failed.v1")
    for case, rows in facts_of(world.offices["dispatch"]).items():
        late: datetime | None = None
        for row in rows:
            said, acted_at = json.loads(row.value), datetime.fromisoformat(row.headers["ce_time"])
            if row.type in anew:
                late = None
            elif row.type == "order.overdue.v1" and said["of"] == "handle":
                late = acted_at
            elif row.type == "order.handled.v1" and late and (said["on_time"] or acted_at < late - BEHIND):
                yield f"{case}: charged as late at {late}, finished at {acted_at}"

    yield from _signed(world)


def _signed(world: World) -> Findings:
    """Who signed in time is not told that silence has signed for him."""
    office = world.offices["dispatch"]
    deemed = {
        (row.subject, said["assignment"]): datetime.fromisoformat(row.headers["ce_time"])
        for rows in facts_of(office).values()
        for row in rows
        if row.type == "order.accepted.v1" and (said := json.loads(row.value))["deemed"]
    }
    for kept in office.store.tables.quarantine.values():
        record = kept.record
        if kept.rule == "order.act_not_now" and dict(record.headers)["ce_type"] == b"order.accept.v1":
            said = json.loads(record.value)
            at = deemed.get((said["order"], said["assignment"]))
            if at is not None and record.timestamp < at - BEHIND:
                yield f"{said['order']}: signed at {record.timestamp}, held to be silent at {at}"


def places(world: World, residents: Residents) -> Findings:
    """Every accepted report is in exactly one place: an end, triage, or one responsible unit with a clock."""
    orders, register = dict(orders_of(world)), dict(world.dispatch.register)
    made = {(d.source, d.report): d.case for d in world.intake.dossiers.values() if d.source == WISH}
    parts = {
        (case, str(n)): part
        for case in world.intake.reports.values()
        for n, part in enumerate(getattr(world.offices["intake"].state(case), "parts", ()))
    }
    for (source, report), case in {**world.intake.reports, **made, **parts}.items():
        state = world.offices["intake"].state(case)
        if state is None:
            if (source, report) in residents.reported:
                yield f"{source}/{report} was taken and is nowhere"
            continue
        order, row = orders.pop(case, None), register.pop(case, None)
        is_waiting = case in world.intake.triage
        if (state.status == "held") != is_waiting:
            yield f"{case} is {state.status} and {'in' if is_waiting else 'not in'} triage"
        if order is None:
            if state.status not in ("held", "rejected", "withdrawn", "merged"):
                yield f"{case} is {state.status} at intake and dispatch has no order"
            continue
        if state.status in ("held", "rejected"):
            yield f"{case} is {state.status} at intake and {order.status} at dispatch"
        yield from _standing(case, order, row, state)
    for case in orders:
        yield f"{case}: an order without report"
    for case in register:
        yield f"{case}: a line in the register without report"


def refusals(world: World, residents: Residents) -> Findings:
    """What a department was told of a refused reply is on record, with who, when and which rule."""
    kept = {(row.sender, row.message, row.rule) for row in world.dispatch.refusals}
    departments = [d.code for d in world.city.departments.values() if d.reply_path == "stream"]
    for code in departments:
        for record in world.said_on(f"orders.{code}"):
            if dict(record.headers)["ce_type"] != ReplyRefused.TYPE.encode():
                continue
            told = ReplyRefused.model_validate_json(record.value)
            is_read = told.reply is not None and not told.rule.startswith(("message.", "internal."))
            if is_read and (f"department.{code}", told.reply, told.rule) not in kept:
                yield f"{code} was refused {told.reply} by {told.rule} and nobody kept it"


def _standing(case: str, order: Order, row: Any, state: Any) -> Findings:
    is_over = order.status in (Status.CLOSED, Status.WITHDRAWN)
    # A withdrawal that met work already done gives way: dispatch has the last word, intake learns it at the end.
    is_late = state.status in ("withdrawn", "merged", "split") and order.status is not Status.WITHDRAWN
    if is_over != (state.status in ("closed", "withdrawn", "merged", "split")) and not is_late:
        yield f"{case} is {order.status} at dispatch and {state.status} at intake"
    if not is_over and not (order.responsible and order.clock and order.due_at):
        yield f"{case} is {order.status} at {order.responsible} with clock {order.clock} until {order.due_at}"
    if is_over and (order.responsible or order.clock):
        yield f"{case} is {order.status} and {order.responsible} answers for it"
    now = (order.status, order.responsible, order.rung, order.clock, order.due_at, order.assignment, order.dispatcher,
           order.lead, order.request and order.request.kind, order.request and order.request.judge)  # fmt: skip
    kept = row and (row.status, row.responsible, row.rung, row.clock, row.due_at, row.assignment, row.dispatcher,
                    row.lead, row.request, row.judge)  # fmt: skip
    if now != kept:
        yield f"{case}: the register says {kept}, the order is {now}"
    if not is_over and not is_late and (state.responsible, state.due_at) != (order.responsible, order.due_at):
        told = f"{state.responsible} {state.due_at}"
        yield f"{case}: intake tells its reporter {told}, not {order.responsible} {order.due_at}"


def answered(world: World, residents: Residents) -> Findings:
    """Every report that was sent is a case or was refused, and its source was told so."""
    told: set[tuple[str, str]] = set()
    for row in world.offices["intake"].store.tables.journal:
        if row.type == "report.received.v1":
            told.add((row.streams[0].removeprefix("receipts."), row.key))
    for source, report in residents.reported:
        if (source, report) not in world.intake.reports:
            yield f"{source}/{report} was sent and never taken"
        elif (source, report) not in told:
            yield f"{source}/{report} was taken and nobody was told"


def meetings(world: World, residents: Residents) -> Findings:
    """A case before a meeting has one undecided topic there, and no topic is undecided without such a case."""
    office = world.offices["escalation"]
    orders = dict(orders_of(world))
    undecided = (EntryStatus.OPEN, EntryStatus.TABLED, EntryStatus.LISTED)
    finishing = (Status.HANDLED, Status.VERIFIED)
    waiting = (*undecided, EntryStatus.DECLINED)
    for case, order in orders.items():
        topic = topic_of(office.state, case)
        active = topic.active if topic else None
        if order.status is Status.ESCALATED:
            if topic is None or active is None or active.status not in waiting or order.topic != topic.id:
                yield f"{case} waits for {order.topic}, and there is {active}"
            elif order.responsible != active.body:
                yield f"{case} is at {order.responsible}, its topic at {active.body}"
            elif active.status in undecided and order.due_at != active.answer_due_at:
                yield f"{case} is answered by {order.due_at}, its topic by {active.answer_due_at}"
        elif topic is None or case in (*topic.closed, *topic.gone):
            continue
        elif (
            active is not None
            and active.status in waiting
            and order.status in finishing
            and (topic.proposer or any(entry.reopened for entry in topic.entries))
        ):
            continue  # what was handled when the topic came by hand, or verified when it was reopened, goes on
        elif active is not None and active.status in undecided:
            yield f"{case} is {order.status} and its topic still {active.status} at {active.body}"
        elif active is not None and order.status not in (Status.CLOSED, Status.WITHDRAWN):
            if active.status not in (EntryStatus.EXECUTING, EntryStatus.PROPOSED, *FINAL):
                yield f"{case} is {order.status}, its topic {active.status}"
        elif active is not None and active.status not in (*FINAL, EntryStatus.SETTLED):
            yield f"{case} is over ({order.status}) and its topic {active.status}"
    for subject, kept in office.store.tables.subjects.items():
        if not subject.startswith("ledger:") or kept.state is None:
            continue
        unit = kept.state.unit
        open_there = {
            case for case, kept in office.store.tables.subjects.items()
            if isinstance(state := kept.state, Topic) and not state.is_over
            and state.active.body == unit and state.active.status in undecided
        }  # fmt: skip
        listed = [place.case for place in kept.state.places]
        if sorted(listed) != sorted(open_there):
            yield f"ledger of {unit} lists {sorted(listed)}, open there are {sorted(open_there)}"


def boards(world: World, residents: Residents) -> Findings:
    """What conveners see is what the states say."""
    office = world.offices["escalation"]
    for (case, body), row in world.escalation_tables.entries.items():
        topic = office.state(case)
        if topic.entry_of(body) is None or topic.id != row.topic:  # the case has had another topic since
            if row.status not in FINAL:
                yield f"the board shows {row} of a topic that its case has left"
            continue
        position = [entry.body for entry in topic.entries].index(body)
        wanted = entry_row(case, topic, topic.entries[position], position)
        if row != wanted:
            yield f"the board shows {row}, it is {wanted}"
    for id_, row in world.escalation_tables.meetings.items():
        if row.status != office.state(id_).status:
            yield f"the board shows {id_} as {row.status}, it is {office.state(id_).status}"


def figures(world: World, residents: Residents) -> Findings:
    """Every asked reporter of a closed case counts once, for the right unit, as the state says of him.

    The newest revision of each frozen card is what its lines count.
    """
    tables = world.feedback_tables
    for case, order in orders_of(world):
        rated = world.offices["feedback"].state(case)
        counted = {answer.reporter: answer for answer in tables.answers.values() if answer.case == case}
        if order.status is not Status.CLOSED or rated is None:
            if counted:
                yield f"{case} is {order.status} and counts"
            continue
        asked = rated.asked if order.lead is not None else ()
        if counted.keys() != {each.reporter for each in asked}:
            yield f"{case}: {[each.reporter for each in asked]} were asked, {[*counted]} count"
        for each in asked:
            answer = counted.get(each.reporter)
            if answer is not None and (answer.unit, answer.grade) != (order.lead, each.grade):
                yield f"{case} counts {answer.grade} for {answer.unit}, said was {each.grade} of {order.lead}"
    yield from _scores(world)
    numbers = Counter(
        state.number for case in world.intake.reports.values() if (state := world.offices["intake"].state(case))
    )
    yield from (f"number {number} was given {n} times" for number, n in numbers.items() if n > 1)


def _scores(world: World) -> Findings:
    book, city = world.feedback_tables.book, world.city
    for period in {Period.parse(code) for code, _ in book.published}:
        if any(name.startswith("revise:") for name in _armed(world, f"score:{period.code}")):
            continue
        newest = {unit: kept[-1].score for (code, unit), kept in book.published.items() if code == period.code}
        frozen_at = next(iter(newest.values())).frozen_at
        found = tallies(book.lines.values(), book.assignments.values(), book.answers, period, frozen_at, city.root.code)
        counted = {card.unit: card for card in cards(period, found, in_force(period, book.policies, city), city)}
        for unit in newest.keys() | counted.keys():
            shown = newest.get(unit)
            if unit not in counted and shown is not None and shown.asked == 0 == shown.rates["closing"].denominator:
                continue  # everything that it counted has left
            if shown is None or any(getattr(shown, name) != said for name, said in vars(counted[unit]).items()):
                yield f"{unit} {period.code}: published {shown}, counted {counted.get(unit)}"
    last = {case: line for (case, _), line in sorted(book.lines.items())}
    for case, order in orders_of(world):
        line = last.get(case)
        if order.lead is not None and (line is None or order.lead not in (*line.units, city.root.code)):
            yield f"{case} counts for {line and line.units}, its lead is {order.lead}"
        if line is not None and (line.closed_at is None) != (order.status is not Status.CLOSED):
            yield f"{case} is {order.status}, its line says it closed at {line.closed_at}"


def _armed(world: World, subject: str) -> list[str]:
    return list(world.offices["feedback"].store.tables.deadlines.get(subject, ()))


def chains(world: World, residents: Residents) -> Findings:
    """Every ledger's chain holds, against every head that others wrote down."""
    ledgers: dict[str, list[Record]] = {}
    for record in world.escalation_tables.records.values():
        ledgers.setdefault(record.ledger, []).append(record)
    anchors = anchors_below(world.escalation_tables.records.values())
    office = world.offices["escalation"]
    for subject, kept in office.store.tables.subjects.items():
        if subject.startswith("ledger:") and kept.state is not None:
            where = anchors.setdefault(kept.state.unit, [])
            where.append(Anchor(kept.state.seq, kept.state.hash, "state"))
        elif subject.startswith("meeting:") and kept.state is not None and kept.state.ledger_seq:
            where = anchors.setdefault(kept.state.unit, [])
            where.append(Anchor(kept.state.ledger_seq, kept.state.ledger_hash, subject))
    for listed in world.escalation_tables.lists.values():
        for head in listed.heads:
            anchors.setdefault(head.ledger, []).append(Anchor(head.seq, head.hash, f"the list of {listed.on}"))
    for ledger in ledgers.keys() | anchors.keys():
        broken = verify(ledger, ledgers.get(ledger, []), anchors.get(ledger, ()))
        if broken is not None:
            yield f"{ledger} is {broken.what} at {broken.seq} {broken.where}"


def privacy(world: World, residents: Residents) -> Findings:
    """No name, number, address or exact text of anybody is in a fact or an answer."""
    for office in world.offices.values():
        for row in office.store.tables.journal:
            if PRIVATE.search(row.value) or any(PRIVATE.search(value) for value in row.headers.values()):
                yield f"{office.name} {row.type} of {row.subject}/{row.sequence} tells something personal"


CITY_CHECKS: tuple[Callable[[World, Residents], Findings], ...] = (
    fair, places, answered, meetings, boards, figures, chains, privacy, refusals,
)  # fmt: skip
