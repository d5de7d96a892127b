"""`sidan papers`: ledgers, minutes, summaries, orders' papers of a running city as files; the ending says the form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import httpx
import typer

from deploy.cli import main
from deploy.cli.asking import Asking
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from shared.kernel.decisions import Actor
from shared.shell.tokens import sign

TABLES, DOCUMENTS, SHEETS = (".xlsx", ".csv", ".json"), (".docx", ".pdf"), (".docx", ".pdf", ".json")
WAIT_SECONDS = 300
Out = Annotated[
    Path, typer.Option("--out", "-o", help=t("存为这个文件，后缀决定格式", "Write this file; its ending says the form"))
]
Case = Annotated[str, typer.Argument(help=t("案号或事项编号", "Number or id of the case"))]
Which = Annotated[
    int | None, typer.Option("--number", "-n", min=1, help=t("第几份；不写则最近一份", "Which one; the last without"))
]
Meeting = Annotated[str, typer.Argument(help=t("会议编号，如 meeting:S01:3", "Meeting id, such as meeting:S01:3"))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help=t("台账、纪要、总结与三单", "Ledgers, minutes, summaries, papers of orders"), no_args_is_help=True
    )
    forms = t("（.xlsx、.csv、.json）", " (.xlsx, .csv, .json)"), t("（.docx、.pdf）", " (.docx, .pdf)")
    group.command(
        "ledger",
        help=t("一个或全部联席会的议题台账", "The ledger of one body, or of all of them") + forms[0],
    )(ledger)
    group.command("notice", help=t("会议通知", "The notice of a meeting") + forms[1])(notice)
    group.command(
        "minutes",
        help=t("会议纪要，签发前为送审稿", "The minutes of a meeting; a draft until they are signed") + forms[1],
    )(minutes)
    group.command("supplement", help=t("补充纪要", "A supplement to the minutes") + forms[1])(supplement)
    group.command("annual", help=t("联席会年度总结", "The annual summary of a body") + forms[1])(annual)
    group.command(
        "bulletin",
        help=t(
            "月度、季度、年度评单情况通报（.docx、.pdf、.xlsx）",
            "Scores of a month, quarter, year (.docx, .pdf, .xlsx)",
        ),
    )(bulletin)
    of_order = t("（.docx、.pdf、.json）", " (.docx, .pdf, .json)")
    group.command("order", help=t("问题交办单，每次交办一份", "What was assigned, one per assignment") + of_order)(
        order
    )
    group.command("disposal", help=t("处置反馈单，每次办结一份", "What was done, one per finish") + of_order)(disposal)
    group.command("rating", help=t("工作评分单，每轮评价一份", "What was answered, one per round") + of_order)(rating)
    group.command("list", help=t("单位公布的全部清单（.xlsx）", "Everything that a unit lists (.xlsx)"))(list_)
    group.command(
        "agreement", help=t("共建项目或资源联享协议书", "The agreement of a project or about sharing") + forms[1]
    )(agreement)
    app.add_typer(group, name="papers")


def ledger(
    out: Out,
    body: Annotated[
        str | None, typer.Argument(help=t("单位代码；不写则全部", "Code of the unit; all of them without"))
    ] = None,
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Write one ledger, or every body's with a sheet for each."""
    form = form_of(out, TABLES)
    write("escalation", f"/v1/ledger/{body}.{form}" if body else f"/v1/ledgers.{form}", out, city, folder)


def notice(meeting: Meeting, out: Out, city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Write the notice of a meeting that was convened."""
    write("escalation", f"/v1/meetings/{meeting}/notice.{form_of(out, DOCUMENTS)}", out, city, folder)


def minutes(meeting: Meeting, out: Out, city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Write the minutes of a meeting that was held."""
    write("escalation", f"/v1/meetings/{meeting}/minutes.{form_of(out, DOCUMENTS)}", out, city, folder)


def supplement(
    meeting: Meeting,
    number: Annotated[int, typer.Argument(min=1, help=t("第几份补充纪要", "Which supplement, from 1"))],
    out: Out,
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Write a supplement to signed minutes."""
    write("escalation", f"/v1/meetings/{meeting}/supplements/{number}.{form_of(out, DOCUMENTS)}", out, city, folder)


def annual(
    body: Annotated[str, typer.Argument(help=t("单位代码", "Code of the unit"))],
    year: Annotated[int, typer.Argument(min=2000, max=2100, help=t("年份", "Year"))],
    out: Out,
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Write the annual summary of a body."""
    write("escalation", f"/v1/ledger/{body}/annual/{year}.{form_of(out, DOCUMENTS)}", out, city, folder)


def bulletin(
    period: Annotated[str, typer.Argument(help=t("期间，如 2026-11、2026-Q4、2026", "2026-11, 2026-Q4 or 2026"))],
    out: Out,
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Write the bulletin of a period whose scores are published."""
    write("feedback", f"/v1/bulletins/{period}.{form_of(out, (*DOCUMENTS, '.xlsx'))}", out, city, folder)


def order(case: Case, out: Out, number: Which = None, city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Write the 问题交办单 of an assignment."""
    write("dispatch", _sheet("/v1/orders/{case}/assignment", case, out, number, city, folder), out, city, folder)


def disposal(case: Case, out: Out, number: Which = None, city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Write the 处置反馈单 of a finish."""
    write("dispatch", _sheet("/v1/orders/{case}/disposal", case, out, number, city, folder), out, city, folder)


def rating(case: Case, out: Out, number: Which = None, city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Write the 工作评分单 of a round of rating."""
    write("feedback", _sheet("/v1/cases/{case}/rating", case, out, number, city, folder), out, city, folder)


def _sheet(path: str, case: str, out: Path, number: int | None, city: str, folder: Path | None) -> str:
    """Return the path of a paper of a case, which may be named by its number."""
    form = form_of(out, SHEETS)
    known = Asking("dispatch", city, folder).get(f"/v1/orders/{case}/clocks")["case"]
    return f"{path.format(case=known)}.{form}" + (f"?number={number}" if number else "")


def list_(
    owner: Annotated[str, typer.Argument(help=t("单位代码", "Code of the unit"))],
    out: Out,
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Write everything that a unit lists, a sheet per list."""
    write("dispatch", f"/v1/lists/{owner}.{form_of(out, ('.xlsx',))}", out, city, folder)


def agreement(
    project: Annotated[str, typer.Argument(help=t("项目编号，以 project: 开头", "Its id, beginning with project:"))],
    out: Out,
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Write an agreement, marked as not in force until both sides have signed."""
    write("dispatch", f"/v1/projects/{project}/agreement.{form_of(out, DOCUMENTS)}", out, city, folder)


def form_of(out: Path, endings: tuple[str, ...]) -> str:
    """Return the form that a file's ending says; refuses an ending that is none of these."""
    if out.suffix.lower() not in endings:
        known = "、".join(endings)
        raise typer.BadParameter(
            t(f"后缀应为 {known} 之一", f"must end in one of {', '.join(endings)}"), param_hint="--out"
        )
    return out.suffix.lower().removeprefix(".")


def write(service: str, path: str, out: Path, city: str, folder: Path | None) -> None:
    """Fetch a paper into a file that appears when it is whole."""
    stack = running_stack(city, folder)
    token = sign(stack.secret, city, Actor("operations", "desk"))
    part = out.with_name(f"{out.name}.part")
    try:
        with (
            httpx.Client(base_url=stack.services[service], timeout=WAIT_SECONDS, trust_env=False) as http,
            http.stream("GET", path, headers={"Authorization": f"Bearer {token}"}) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                answer.read()
                _refuse(answer)
            with part.open("wb") as file:
                for piece in answer.iter_bytes():
                    file.write(piece)
        part.replace(out)
    except httpx.TransportError as error:
        main.errors.print(t(f"无法连接服务：{error}", f"The service cannot be reached: {error}"), markup=False)
        raise typer.Exit(main.NOT_RUNNING) from None
    except OSError as error:
        main.errors.print(t(f"无法写入 {out}：{error}", f"{out} cannot be written: {error}"), markup=False)
        raise typer.Exit(main.WRONG_USAGE) from None
    finally:
        part.unlink(missing_ok=True)
    main.console.print(t(f"已写入 {out}", f"{out} written"), markup=False, highlight=False)


def _refuse(answer: httpx.Response) -> None:
    """Say why there is no such paper, and leave."""
    try:
        said = answer.json()
        words = t(said["title"], said["title_en"])
    except (ValueError, KeyError):
        words = answer.reason_phrase
    main.errors.print(words, markup=False)
    wrong = answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.UNPROCESSABLE_ENTITY)
    raise typer.Exit(main.WRONG_USAGE if wrong else main.CHECK_FAILED)
