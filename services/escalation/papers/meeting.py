"""What minutes and notices need of a meeting, read from its state and those of its topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.escalation.papers.words import name_of
from shared.kernel.calendar import SHANGHAI


@dataclass(frozen=True, slots=True)
class Sitting:
    """One meeting as its papers see it; `topics` are the states of its agenda's topics, in the agenda's order."""

    state: Mapping[str, Any]
    topics: Sequence[Mapping[str, Any]]
    city: Any

    @property
    def unit(self) -> str:
        """Return the unit whose body meets."""
        return str(self.state["unit"])

    @property
    def body(self) -> str:
        """Return the official name of the body."""
        return str(self.city.bodies[self.unit].name)

    @property
    def name(self) -> str:
        """Return the meeting's name: its number, and what kind of meeting it is where it is no regular one."""
        kind = "临时" if self.state.get("temporary") else "补开" if self.state.get("makeup") else ""
        return f"第{self.state['number']}次会议" + (f"（{kind}会议）" if kind else "")

    @property
    def is_adopted(self) -> bool:
        """Tell whether the minutes are signed."""
        return bool(self.state["status"] == "adopted")

    def at(self, name: str) -> datetime | None:
        """Return an instant of the state in China's time."""
        said = self.state.get(name)
        return datetime.fromisoformat(said).astimezone(SHANGHAI) if said else None

    @property
    def began(self) -> datetime:
        """Return when it was opened. Raises KeyError for a meeting that was not held."""
        held = self.at("held_at")
        if held is None:
            raise KeyError("held_at")
        return held

    def said(self, name: str) -> str:
        """Return a text of the state, empty where there is none."""
        return str(self.state.get(name) or "")

    def people(self, codes: Sequence[str]) -> str:
        """Return members, units and departments by name."""
        members = {member.code: member.name for member in self.city.bodies[self.unit].members}
        return "、".join(members.get(code) or name_of(self.city, code) for code in codes)


def in_full(state: Mapping[str, Any], words: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return a meeting's state with the full words, by digest, in the place of the masked ones; erased ones stay so."""
    decisions = [{**draft, **words.get(draft["digest"], {})} for draft in state.get("decisions", ())]
    return {**state, "decisions": decisions, **words.get(state.get("digest", ""), {})}


def moment_words(at: datetime) -> str:
    """Return an instant as papers say it."""
    return f"{at.year}年{at.month}月{at.day}日{at.hour}时" + (f"{at.minute:02d}分" if at.minute else "")


def title_of(topic: Mapping[str, Any]) -> str:
    """Return a topic as a heading of papers: what it is about and its number."""
    about = str(topic.get("summary") or "").rstrip("。；，,.; ")
    return f"{about or '议题'}（{topic['id']}）"
