"""`sidan score explain | what-if | list`: open a figure to its cases, ask what another policy would give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import httpx
import typer
from rich.table import Table

from deploy.cli import main
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from services.console.scores import WHY
from services.console.words import TONGUES
from shared.kernel.decisions import Actor
from shared.shell.tokens import sign

PAGE = 200
PARTS = {
    "numerator": t("计入分子", "numerator"),
    "denominator": t("只计入分母", "denominator"),
    "excluded": t("不计入", "left out"),
}
Unit = Annotated[str, typer.Argument(help=t("单位或部门代码", "Code of a unit or department"))]
Period = Annotated[str, typer.Argument(help=t("计分期：2026-11、2026-Q4 或 2026", "Period: 2026-11, 2026-Q4 or 2026"))]
Version = Annotated[int | None, typer.Option("--policy", help=t("按这一版评分办法推算", "Count under this policy"))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=t("评分：三率与各项指标", "Scores: three rates and case rates"), no_args_is_help=True)
    group.command(
        "list",
        help=t("列出一期已公布的评分（每单位最新一次）", "List the published scores of a period, newest revisions"),
    )(published)
    group.command(
        "explain",
        help=t(
            "列出一个指标的分子、分母和剔除，直到每件事项；不加 --all 只列第一页并说明还有多少",
            "Open a rate to its cases: numerator, denominator, left out; a page, or --all",
        ),
    )(explain)
    group.command(
        "what-if",
        help=t(
            "按另一版评分办法推算一期，不公布",
            "Count a period under another policy; never published",
        ),
    )(what_if)
    app.add_typer(group, name="score")


def published(period: Period, city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Print the published cards, best place first within each tier."""
    ask = _Asking(city, folder)
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        page = ask.get("/v1/scores", period=period, after=after)
        found, after = found + page["scores"], page["next"]
    if not found:
        main.console.print(t(f"{period} 尚未公布评分", f"No scores of {period} are published yet"))
        return
    _show_cards(found, t(f"{period} 已公布评分", f"Published scores of {period}"))


def explain(
    unit: Unit,
    period: Period,
    rate: Annotated[str, typer.Argument(help=t("指标，如 resolution、closing", "Rate, such as resolution, closing"))],
    policy: Version = None,
    part: Annotated[str | None, typer.Option("--part", help="|".join(PARTS), show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help=t("列出全部事项", "Print every case"))] = False,
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Print a figure and the cases behind it."""
    ask = _Asking(city, folder)
    path = f"/v1/scores/{unit}/{period}/{rate}"
    pages = ask.pages(path, policy=policy, part=part)
    first = next(pages)
    _head(first)
    if "parts" in first:
        _show_parts(first["parts"])
        return
    shown = list(first["cases"])
    if everything:
        shown += [case for page in pages for case in page["cases"]]
    table = Table(t("案号", "case"), t("主办", "lead"), t("算法", "counts"), t("原因", "why"))
    said = TONGUES[t("zh", "en")]
    for case in shown:
        why = said(WHY[case["why"]]) if case["why"] in WHY else case["why"] or ""
        table.add_row(case["number"] or case["case"], case["lead"] or "—", PARTS[case["part"]], why)
    main.console.print(table)
    rest = first["denominator"] + first["excluded"] - len(shown)
    if not everything and first["next"]:
        main.console.print(t(f"只列出 {len(shown)} 件，其余用 --all", f"{len(shown)} shown, the others with --all"))
    elif everything and part is None and rest:
        main.console.print(t(f"期间有变化，差 {rest} 件，请重试", f"It changed meanwhile ({rest} apart): try again"))


def what_if(
    period: Period,
    policy: Annotated[int, typer.Option("--policy", help=t("评分办法版本号", "Version of the policy"))],
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Print every card of a period under another policy, labelled as what it is."""
    found = _Asking(city, folder).get("/v1/what-if", period=period, policy=policy)
    title = t(
        f"推算：{period} 按第 {found['policy']} 版评分办法（不公布）",
        f"What-if: {period} under policy {found['policy']} (never published)",
    )
    _show_cards(found["scores"], title)


class _Asking:
    """Asks feedback as operations; says which rule refuses, and when nobody answers."""

    def __init__(self, city: str, folder: Any) -> None:
        stack = running_stack(city, folder)
        token = sign(stack.secret, city, Actor("operations", "sidan"))
        self._http = httpx.Client(
            base_url=stack.services["feedback"], headers={"Authorization": f"Bearer {token}"}, timeout=120,
            trust_env=False,
        )  # fmt: skip

    def get(self, path: str, **asked: Any) -> dict[str, Any]:
        try:
            answer = self._http.get(path, params={name: value for name, value in asked.items() if value is not None})
        except httpx.TransportError as error:
            main.errors.print(t(f"评分服务没有回答：{error}", f"Feedback does not answer: {error}"), markup=False)
            raise typer.Exit(main.NOT_RUNNING) from None
        if answer.is_error:
            said = answer.json()
            main.errors.print(said.get("detail") or said.get("title") or answer.text, markup=False)
            raise typer.Exit(main.WRONG_USAGE)
        found: dict[str, Any] = answer.json()
        return found

    def pages(self, path: str, **asked: Any) -> Iterator[dict[str, Any]]:
        after: str | None = ""
        while after is not None:
            page = self.get(path, **asked, after=after, limit=PAGE)
            yield page
            after = page.get("next")


def _head(found: dict[str, Any]) -> None:
    figure = found["percent"] or "—"
    if found["percent"] and "numerator" in found:
        figure += "%"
    main.console.print(
        f"{found['unit']} {found['period']} {found['rate']}: {figure}"
        + (f" = {found['numerator']}/{found['denominator']}" if "numerator" in found else ""),
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    label = t("推算（不公布）", "what-if, never published") if found["what_if"] else t("现行办法", "policy in force")
    said = [t(f"评分办法第 {found['policy']} 版，{label}", f"policy {found['policy']}, {label}")]
    if found["revision"]:
        said.append(t(f"第 {found['revision']} 次公布，冻结于 {found['frozen_at']}",
                      f"revision {found['revision']}, frozen at {found['frozen_at']}"))  # fmt: skip
    elif not found["what_if"]:
        said.append(t("尚未公布，为测算数", "not published yet: working figures"))
    if found.get("excluded"):
        said.append(t(f"另有 {found['excluded']} 件不计入", f"{found['excluded']} left out"))
    main.console.print(
        "；".join(said) if t("zh", "en") == "zh" else "; ".join(said), markup=False, highlight=False, soft_wrap=True
    )


def _show_parts(parts: list[dict[str, Any]]) -> None:
    table = Table(t("分项", "part"), t("权重", "weight"), t("分子", "numerator"), t("分母", "denominator"), "%")
    for part in parts:
        figure = part["percent"] or "—"
        table.add_row(part["rate"], part["weight"], part["numerator"], str(part["denominator"]), figure)
    main.console.print(table)


def _show_cards(cards: list[dict[str, Any]], title: str) -> None:
    names = (("response", "响应率"), ("resolution", "解决率"), ("satisfaction", "满意率"))
    columns = [t("档", "tier"), t("名次", "place"), t("单位", "unit"), *(t(zh, en) for en, zh in names)]
    table = Table(*columns, t("综合", "composite"), t("有效/应评", "answers"), title=title)
    for card in sorted(cards, key=lambda c: (c["tier"], c["place"] or 10**6, c["unit"])):
        rates = [card[name]["percent"] or "—" for name, _ in names]
        few = "*" if card["few"] else ""
        answers = f"{card['coverage']['numerator']}/{card['coverage']['denominator']}{few}"
        table.add_row(card["tier"], str(card["place"] or "—"), card["unit"], *rates, card["composite"] or "—", answers)
    main.console.print(table)
    if any(card["few"] for card in cards):
        main.console.print(t("* 有效评价不足，只列出、不排名", "* too few answers: shown, not ranked"))
