"""The life of one topic as a run of all services makes it: `python -m tests.flow.topic_life` prints it.

The run is the worked example (`tests/flow/test_worked_example.py`). `--write` puts what it printed into docs/ledger.md,
between the marks `<!-- run: NAME -->` and `<!-- end of run -->`.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from deploy.audit.anchors import heads_said
from deploy.audit.exported import Writer, examine_file
from services.escalation.domain.chain import Record, anchors_below
from services.escalation.domain.ledger import Wording
from services.escalation.papers.entry import Line, entry
from services.escalation.papers.meeting import Sitting
from services.escalation.papers.minutes import minutes
from services.escalation.papers.notice import notice
from shared.contracts.escalation import HeadsPublished, MeetingAdopted
from shared.contracts.topics import STATED_ON
from tests.architecture.reading import ROOT
from tests.flow import test_worked_example as example
from tests.flow.test_worked_example import CHAIN, Town

PAGE = ROOT / "docs" / "ledger.md"
PARTS = {"estate": ("01-01", "03-03"), "up": ("03-03", "06-19"), "city": ("06-19", "10-01"), "down": ("10-01", "12-31")}
SHORT = 8
"""Digits of a hash that are printed."""
_BLOCK = re.compile(r"(<!-- run: (\w+) -->\n).*?(<!-- end of run -->)", re.S)


@dataclass
class Life:
    """A finished run: the town, and what its tables would hold of the topic."""

    town: Town = field(default_factory=Town)
    words: dict[str, str] = field(default_factory=dict)
    """Digest -> the words kept apart."""

    def live(self) -> Life:
        """Let it happen."""
        office = self.town.memory.offices["escalation"]
        save = office.save

        def keep(rows: Sequence[Any]) -> None:
            self.words.update({row.digest: row.text for row in rows if isinstance(row, Wording)})
            save(rows)

        office.save = keep  # type: ignore[method-assign]
        example.test_a_topic_rises_to_the_city_in_six_months_and_comes_down_in_four(self.town)
        return self

    @property
    def records(self) -> list[Record]:
        """Return the topic's records in all ledgers, in the order of the chain of levels within an instant."""
        ledgers, topic = self.town.memory.ledgers(), self.town.topic().id
        found = [record for ledger in CHAIN for record in ledgers[ledger] if record.topic == topic]
        return sorted(found, key=lambda record: record.at)

    @property
    def meetings(self) -> list[str]:
        """Return the meetings that tabled it."""
        return [json.loads(record.body)["meeting"] for record in self.records if record.kind == "tabled"]

    def stated(self) -> Iterator[tuple[datetime, str]]:
        """Yield (when, type) of each fact about the topic's case and its meetings; heads go without saying."""
        subjects = {self.town.case, *self.meetings}
        for heard in self.town.heard:
            if heard.stream in STATED_ON and heard.envelope.subject in subjects:
                assert heard.envelope.time is not None
                yield heard.envelope.time, heard.envelope.type


def moments(life: Life, since: str, before: str) -> str:
    """Return what was written and stated between two days, a line for each instant."""
    local = life.town.city.calendar.local
    records: dict[str, list[str]] = {}
    facts: dict[str, Counter[str]] = {}
    for record in life.records:
        records.setdefault(_minute(datetime.fromisoformat(record.at)), []).append(_said(record))
    for at, kind in life.stated():
        facts.setdefault(_minute(local(at)), Counter())[kind] += 1
    lines = ["| When | In the ledgers | Stated on the streams |", "|---|---|---|"]
    for at in sorted(records.keys() | facts.keys()):
        if f"2026-{since}" <= at < f"2026-{before}":
            stated = (f"`{kind}`" + (f" × {n}" if n > 1 else "") for kind, n in facts.get(at, Counter()).items())
            lines.append(f"| {at[5:]} | {'<br>'.join(records.get(at, ()))} | {', '.join(stated)} |")
    return "\n".join(lines)


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _said(record: Record) -> str:
    said = _details(record.kind, json.loads(record.body))
    return f"{record.ledger} #{record.seq} `{record.hash[:SHORT]}` **{record.kind}**{': ' if said else ''}{said}"


def _details(kind: str, body: Mapping[str, Any]) -> str:
    match kind:
        case "decided":
            said = [f"{name} {body[name]}" for name in ("to", "lead", "until", "due_on") if body.get(name)]
            support = [f"support {', '.join(body['support'])}"] if body.get("support") else []
            return ", ".join([body["decision"], *said, *support])
        case "raised":
            below = body["below"]
            return f"head of {below['ledger']} #{below['seq']} `{below['hash'][:SHORT]}`"
        case "received" | "admitted":
            return "by silence" if body["lapsed"] else ""
        case "feedback_sent":
            return f"to {body['to']}"
        case "feedback_acknowledged":
            return f"by {body['by']}"
        case "reporter_told":
            return f"{', '.join(body['reporters'])} by {body['by']}"
        case "tabled":
            return str(body["meeting"])
        case "reopened":
            return str(body["cause"])
        case "settled":
            return str(body["why"])
        case _:
            return ""


def papers(life: Life) -> str:
    """Return the papers of the meetings: notice, minutes, and what stands at the minutes' foot."""
    town = life.town
    adopted = {h.envelope.subject: h.envelope.time for h in town.heard if isinstance(h.data, MeetingAdopted)}
    topic = msgspec.to_builtins(town.topic())
    lines = ["| Notice | Minutes | Foot of the minutes |", "|---|---|---|"]
    for id_ in life.meetings:
        state = msgspec.to_builtins(town.memory.offices["escalation"].states[id_])
        at = adopted[id_]
        assert at is not None
        sitting = Sitting({**state, "adopted_at": at.isoformat()}, [topic], town.city)
        made = minutes(sitting)
        foot = re.sub(r"([0-9a-f]{8})[0-9a-f]{56}", r"`\1`…", made.foot)
        lines.append(f"| {notice(sitting).title} | {made.agency} {made.number} | {foot} |")
    return "\n".join(lines)


def rows(life: Life) -> str:
    """Return the topic's row in each body's ledger, as the workbook has it."""
    town, topic = life.town, life.town.topic()
    about = msgspec.to_builtins(topic)
    told = [
        Line(r.ledger, r.seq, r.at, r.kind, r.body, life.words.get(json.loads(r.body).get("words", "")))
        for r in life.records
    ]
    made = {ledger: entry(ledger, topic.id, about, told, town.city) for ledger in CHAIN}
    columns: dict[str, Callable[[Any], Any]] = {
        "提出日期": lambda row: row.proposed_on,
        "上会次数": lambda row: row.meetings,
        "牵头": lambda row: row.lead,
        "上移日期与去向": lambda row: row.moved_up,
        "办理结果": lambda row: row.result,
        "反馈日期": lambda row: row.told_on,
        "销号日期": lambda row: row.written_off_on,
    }
    lines = [f"| 台账 | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for ledger, row in made.items():
        cells = [str(read(row) or "").replace("\n", "<br>") for read in columns.values()]
        lines.append(f"| {town.city.bodies[ledger].name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def heads(life: Life) -> str:
    """Return the last daily list's heads of these ledgers, and what a check of the exported ledgers says."""
    ledgers = life.town.memory.ledgers()
    listed = [heard.data for heard in life.town.heard if isinstance(heard.data, HeadsPublished)][-1]
    said = dict(heads_said("ledger.heads.v1", listed.model_dump_json(), "list"))
    lines = [f"- {ledger} #{said[ledger].seq} `{said[ledger].hash[:SHORT]}`" for ledger in CHAIN]
    lines.append(f"- digest of the list of {listed.on} `{listed.digest[:SHORT]}`")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledgers.jsonl"
        below = anchors_below(record for kept in ledgers.values() for record in kept)
        with path.open("wb") as file:
            writer = Writer(file, is_csv=False)
            writer.open("donggang", life.town.memory.now, ledgers)
            for ledger, kept in ledgers.items():
                writer.begin(ledger, (kept[-1].seq, kept[-1].hash), below.get(ledger, ()))
                for record in kept:
                    writer.take(record)
            writer.seal()
        done = examine_file(path, against={ledger: [anchor] for ledger, anchor in said.items()})
    whole = "every chain is whole" if not done.broken else f"broken: {done.broken}"
    of_topic = sum(len(ledgers[ledger]) for ledger in CHAIN)
    lines.append(f"- exported and verified: {len(done.heads)} ledgers; {of_topic} records in these four; {whole}")
    return "\n".join(lines)


def blocks() -> dict[str, str]:
    """Live through the example; return what each mark of the page stands for."""
    life = Life().live()
    made = {name: moments(life, *between) for name, between in PARTS.items()}
    return {**made, "papers": papers(life), "rows": rows(life), "heads": heads(life)}


def written(page: str, made: Mapping[str, str]) -> str:
    """Return the page with what the run printed at its marks."""
    return _BLOCK.sub(lambda mark: f"{mark[1]}{made[mark[2]]}\n{mark[3]}", page)


if __name__ == "__main__":
    printed = blocks()
    if "--write" in sys.argv:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), printed), encoding="utf-8")
    else:
        print("\n\n".join(f"{name}\n\n{text}" for name, text in printed.items()))
