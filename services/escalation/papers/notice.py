"""The notice (会议通知) of a meeting that was convened: when, where, about what, who, and the whole agenda."""

from __future__ import annotations

from services.escalation.papers.meeting import Sitting, moment_words, title_of
from services.escalation.papers.words import names_of
from shared.papers.paper import Block, Heading, Paper, Text, numbered


def notice(sitting: Sitting) -> Paper:
    """Return the notice; what the call does not say is left out."""
    city, state = sitting.city, sitting.state
    opens = sitting.at("opens_at")
    assert opens is not None
    standing = [member.code for member in city.bodies[sitting.unit].members]
    agenda = "\n".join(f"{number}. {title_of(topic)}" for number, topic in enumerate(sitting.topics, start=1))
    parts: list[tuple[str, str]] = [
        ("会议时间", moment_words(opens)),
        ("会议地点", sitting.said("place")),
        ("会议主题", sitting.said("theme")),
        ("参会成员", sitting.people(standing)),
        ("受邀列席", names_of(city, [code for code in state.get("invited", ()) if code not in standing])),
        ("会议议程", "听取以往议定事项落实情况\n" + (f"研究下列议题：\n{agenda}" if agenda else "本次会议没有议题")),
    ]
    said = [(title, text) for title, text in parts if text]
    blocks: list[Block] = [Text(f"定于{moment_words(opens)}召开{sitting.body}{sitting.name}。现将有关事项通知如下：")]
    for heading, (_, text) in zip(numbered([title for title, _ in said]), said, strict=True):
        blocks += [Heading(heading), Text(text)]
    called = sitting.at("convened_at") or sitting.at("cut_off_at")
    return Paper(
        agency=sitting.body,
        title=f"关于召开{sitting.body}{sitting.name}的通知",
        recipients="各成员单位、受邀单位",
        blocks=tuple(blocks),
        signed=sitting.body,
        signed_on=called.date() if called else None,
    )
