"""The agreement of a mediated dispute (调解协议书), printed for signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.city.model import City
from shared.kernel.calendar import SHANGHAI
from shared.papers.paper import Block, Heading, Labelled, Paper, Text, numbered


def agreement(number: str, dispute: Mapping[str, Any], dossier: Mapping[str, Any], city: City) -> Paper | None:
    """Return the agreement; None before it was reached, or when its names have been erased."""
    clauses, parties = dossier.get("clauses"), dossier["parties"]
    agreed_at = dossier.get("agreed_at")
    if not clauses or not parties or agreed_at is None:
        return None
    unit, _, post = str(dispute["mediator"]).partition(":")
    named = [
        Labelled(f"当事人{_ORDER[n]}", f"{party['name']}{'，' + party['phone'] if party['phone'] else ''}")
        for n, party in enumerate(parties)
    ]
    about, agreed = numbered(["纠纷事项", "经调解，当事人自愿达成如下协议"])
    signatures = [Labelled(f"当事人{_ORDER[n]}签字", _LINE) for n, _ in enumerate(parties)]
    community = city.name_of(dispute["community"])
    mediator = f"{city.name_of(unit)}{city.posts[post].name if post in city.posts else post}"
    blocks: tuple[Block, ...] = (
        *named,
        Heading(about),
        Text(str(dossier["about"])),
        Heading(agreed),
        Text("\n".join(f"{n}. {clause}" for n, clause in enumerate(clauses, 1))),
        Text("本协议一式数份，当事人各执一份，社区留存一份，自各方签字之日起生效。"),
        *signatures,
        Labelled("调解员", f"{mediator}　{_LINE}"),
    )
    return Paper(
        agency=community,
        title="调解协议书",
        number=f"案号 {number}",
        blocks=blocks,
        signed=community,
        signed_on=agreed_at.astimezone(SHANGHAI).date(),
    )


_LINE = "＿＿＿＿＿＿＿＿"
_ORDER = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
