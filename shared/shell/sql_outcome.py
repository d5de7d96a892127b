"""What a batch changes, as rows: one statement for the shell's own tables, one each for what is kept aside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import text

from shared.kernel.decisions import Arm
from shared.persistence.connection import Connection
from shared.shell.apply import fold_deadlines
from shared.shell.states import States
from shared.shell.work import JournalRow, Outcome, Quarantined, Record, Work

_ARM = """
INSERT INTO deadline (subject, name, due_at, data, touches, calendar, mark)
SELECT s, n, d, j::jsonb, string_to_array(t, ' '), CAST(:calendar AS int), m
  FROM unnest(CAST(:arm_subjects AS text[]), CAST(:arm_names AS text[]), CAST(:arm_dues AS timestamptz[]),
              CAST(:arm_datas AS text[]), CAST(:arm_touches AS text[]), CAST(:arm_marks AS text[])) u(s, n, d, j, t, m)
ON CONFLICT (subject, name) DO UPDATE SET due_at = excluded.due_at, data = excluded.data,
   touches = excluded.touches, calendar = excluded.calendar, mark = excluded.mark"""
ARM = text(_ARM)
"""Arms deadlines, or moves those that are armed already."""
_WRITE = text(
    f"""
WITH answered AS (
  INSERT INTO inbox (sender, id, result)
  SELECT s, i, r::jsonb
    FROM unnest(CAST(:inbox_senders AS text[]), CAST(:inbox_ids AS text[]), CAST(:inbox_results AS text[])) t(s, i, r)),
changed AS (
  UPDATE subject s SET sequence = u.n, seen = u.seen::int[], state = u.state::json, aside = u.aside
    FROM unnest(CAST(:ids AS text[]), CAST(:ns AS int[]), CAST(:seens AS text[]), CAST(:states AS text[]),
                CAST(:asides AS text[])) u(id, n, seen, state, aside)
   WHERE s.id = u.id),
cancelled AS (
  DELETE FROM deadline d
   USING unnest(CAST(:cancel_subjects AS text[]), CAST(:cancel_names AS text[]), CAST(:cancel_spares AS text[]))
         t(s, n, spared)
   WHERE d.subject = t.s
     AND (d.name = t.n OR (right(t.n, 1) = '*' AND starts_with(d.name, left(t.n, -1))))
     AND d.name <> ALL (string_to_array(t.spared, ' '))),
armed AS ({_ARM}),
released AS (
  DELETE FROM parked p
   USING unnest(CAST(:gone_subjects AS text[]), CAST(:gone_services AS text[]),
                CAST(:gone_sequences AS int[])) t(s, v, n)
   WHERE p.subject = t.s AND p.service = t.v AND p.sequence = t.n),
moved AS (
  UPDATE fence f SET expected = u.e
    FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:expected AS bigint[])) u(t, p, e)
   WHERE f.reader = :reader AND f.topic = u.t AND f.partition = u.p),
stated AS (
  INSERT INTO journal (subject, sequence, type, streams, key, headers, value)
  SELECT s, n, t, string_to_array(st, ' '), k, h::json, v
    FROM unnest(CAST(:fact_subjects AS text[]), CAST(:fact_sequences AS int[]), CAST(:fact_types AS text[]),
                CAST(:fact_streams AS text[]), CAST(:fact_keys AS text[]), CAST(:fact_headers AS text[]),
                CAST(:fact_values AS text[])) WITH ORDINALITY u(s, n, t, st, k, h, v, o)
   ORDER BY o RETURNING id)
INSERT INTO pending (id) SELECT id FROM stated
"""  # noqa: S608  parts of our own
)
"""Everything that a batch changes in the shell's own tables, in one round trip. Its parts share a snapshot: a deadline
that is cancelled and armed again is left to the part that arms.
"""
_REFUSED = text(
    'INSERT INTO quarantine (topic, partition, "offset", digest, key, headers, value, stamped_at, '
    "sender, rule, field, params) SELECT t, p, f, d, k, h::jsonb, v, at, s, r, fi, pa::jsonb FROM "
    "unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:offsets AS bigint[]), "
    "CAST(:digests AS text[]), CAST(:keys AS bytea[]), CAST(:headers AS text[]), CAST(:values AS bytea[]), "
    "CAST(:ats AS timestamptz[]), CAST(:senders AS text[]), CAST(:rules AS text[]), "
    "CAST(:fields AS text[]), CAST(:params AS text[])) WITH ORDINALITY "
    "u(t, p, f, d, k, h, v, at, s, r, fi, pa, o) ORDER BY o ON CONFLICT DO NOTHING "
    'RETURNING topic, partition, "offset", digest'
)
_PARK = text(
    'INSERT INTO parked (subject, service, sequence, topic, partition, "offset", key, headers, value, '
    "stamped_at, why) SELECT s, sv, n, t, p, f, k, h::jsonb, v, at, w FROM "
    "unnest(CAST(:subjects AS text[]), CAST(:services AS text[]), CAST(:sequences AS int[]), "
    "CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:offsets AS bigint[]), "
    "CAST(:keys AS bytea[]), CAST(:headers AS text[]), CAST(:values AS bytea[]), "
    "CAST(:ats AS timestamptz[]), CAST(:whys AS text[])) u(s, sv, n, t, p, f, k, h, v, at, w) "
    "ON CONFLICT DO NOTHING"
)


async def write(
    conn: Connection, outcome: Outcome, journal: Sequence[JournalRow], reader: str, calendar: int, states: States
) -> None:
    """Write what a batch changes in the shell's own tables; `journal` are its facts with all its answers."""
    inbox, places = sorted(outcome.inbox), sorted(outcome.fences)
    cancels, arms = fold_deadlines(outcome.deadlines)
    spared: dict[str, list[str]] = {}
    for arm in arms:
        spared.setdefault(arm.subject, []).append(arm.name)
    gone = [w.message for w in outcome.unpark if w.message is not None]
    subjects = outcome.subjects
    await conn.execute(
        _WRITE,
        {
            "inbox_senders": [sender for sender, _ in inbox],
            "inbox_ids": [id_ for _, id_ in inbox],
            "inbox_results": [msgspec.json.encode(outcome.inbox[key]).decode() for key in inbox],
            "ids": [s.id for s in subjects],
            "ns": [s.sequence for s in subjects],
            "seens": ["{" + ",".join(map(str, s.seen)) + "}" for s in subjects],
            "states": [states.write(s.id, s.state) for s in subjects],
            "asides": [s.aside for s in subjects],
            "cancel_subjects": [c.subject for c in cancels],
            "cancel_names": [c.name for c in cancels],
            "cancel_spares": [" ".join(spared.get(c.subject, ())) for c in cancels],
            **armed(arms, calendar),
            "gone_subjects": [m.subject for m in gone],
            "gone_services": [m.source for m in gone],
            "gone_sequences": [m.sequence for m in gone],
            "reader": reader,
            "topics": [t for t, _ in places],
            "partitions": [p for _, p in places],
            "expected": [outcome.fences[place] for place in places],
            "fact_subjects": [r.subject for r in journal],
            "fact_sequences": [r.sequence for r in journal],
            "fact_types": [r.type for r in journal],
            "fact_streams": [" ".join(r.streams) for r in journal],
            "fact_keys": [r.key for r in journal],
            "fact_headers": [msgspec.json.encode(r.headers).decode() for r in journal],
            "fact_values": [r.value for r in journal],
        },
    )


async def keep_refused(conn: Connection, kept: Sequence[tuple[Quarantined, JournalRow | None]]) -> list[JournalRow]:
    """Keep refused records once; return the answers of those that are new."""
    if not kept:
        return []
    records = [quarantined.record for quarantined, _ in kept]
    new = await conn.execute(
        _REFUSED,
        {
            **_columns(records),
            "digests": [record.digest for record in records],
            "senders": [quarantined.sender for quarantined, _ in kept],
            "rules": [quarantined.rule for quarantined, _ in kept],
            "fields": [quarantined.field for quarantined, _ in kept],
            "params": [json.dumps(dict(quarantined.params)) for quarantined, _ in kept],
        },
    )
    fresh = {tuple(row) for row in new}
    return [
        answer
        for record, (_, answer) in zip(records, kept, strict=True)
        if answer is not None and (record.topic, record.partition, record.offset, record.digest) in fresh
    ]


async def park(conn: Connection, early: Sequence[tuple[Work, str]]) -> None:
    """Keep what came before its predecessor, with the reason."""
    parked = [(w.message, w.record, why) for w, why in early if w.message is not None and w.record is not None]
    if parked:
        await conn.execute(
            _PARK,
            {
                **_columns([record for _, record, _ in parked]),
                "subjects": [message.subject for message, _, _ in parked],
                "services": [message.source for message, _, _ in parked],
                "sequences": [message.sequence for message, _, _ in parked],
                "whys": [why for _, _, why in parked],
            },
        )


def armed(arms: Sequence[Arm], calendar: int) -> dict[str, Any]:
    """Return deadlines as the columns of `ARM`."""
    return {
        "calendar": calendar,
        "arm_subjects": [a.subject for a in arms],
        "arm_names": [a.name for a in arms],
        "arm_dues": [a.due_at for a in arms],
        "arm_datas": [msgspec.json.encode(a.data).decode() for a in arms],
        "arm_touches": [" ".join(a.touches) for a in arms],
        "arm_marks": [msgspec.json.encode(a.mark).decode() if a.mark and a.mark.is_by_calendar else None for a in arms],
    }


def _columns(records: Sequence[Record]) -> dict[str, list[Any]]:
    return {
        "topics": [record.topic for record in records],
        "partitions": [record.partition for record in records],
        "offsets": [record.offset for record in records],
        "keys": [record.key for record in records],
        "headers": [headers_to(record.headers) for record in records],
        "values": [record.value for record in records],
        "ats": [record.timestamp for record in records],
    }


def headers_to(headers: Iterable[tuple[str, bytes]]) -> str:
    """Return what jsonb can hold: a NUL in a name, which no header of ours has, shows as `\\0`."""
    return json.dumps([[name.replace("\0", "\\0"), (value or b"").hex()] for name, value in headers])


def headers_from(stored: str) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, bytes.fromhex(value)) for name, value in json.loads(stored))
