"""`sidan calendar publish | show`: which days are worked, by the statutory calendar of a year."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from pydantic import ValidationError

from deploy.cli import main
from deploy.cli.asking import Asking
from deploy.cli.stack import DEFAULT_CITY, City, Folder
from deploy.cli.words import t
from shared.contracts.calendar import PublishCalendar

EXAMPLE = """year: 2027
reason: 国务院办公厅关于2027年部分节假日安排的通知
holidays:
  - {name: 元旦, first: 2027-01-01, last: 2027-01-03}
makeups: [2027-02-20]
"""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help=t("历法：节假日与调休", "The calendar: holidays and made-up days"), no_args_is_help=True)
    group.command(
        "publish",
        help=t(
            "公布一年的法定节假日（YAML 文件），在走的时限随即重算，不重复催办；内容相同则不作改动",
            "Publish a year's statutory calendar (a YAML file); running clocks are projected anew and refire nothing",
        ),
        epilog=t("文件示例：", "Such as: ") + EXAMPLE.replace("\n", " / "),
    )(publish)
    group.command("show", help=t("列出一年的放假与调休", "Show the days off and made up of a year"))(show)
    app.add_typer(group, name="calendar")


def publish(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=t("YAML 文件", "A YAML file"))],
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Publish the year of a file."""
    try:
        asked = PublishCalendar.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from None
    done = Asking("dispatch", city, folder).post("/v1/calendar", asked.model_dump(mode="json"))
    if not done["facts"]:
        main.console.print(t(f"{asked.year} 年历法未变，未作改动", f"The calendar of {asked.year} is as it was"))
        return
    version = done["facts"][0]["data"]["version"]
    main.console.print(
        t(
            f"{asked.year} 年历法已公布（第 {version} 次公布）；在走的时限正在重算，可用 sidan clock explain 查看",
            f"Calendar of {asked.year} published (number {version}); clocks follow, see sidan clock explain",
        )
    )


def show(
    year: Annotated[int, typer.Argument(help=t("年份", "Year"))],
    city: City = DEFAULT_CITY,
    folder: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("以 JSON 输出", "Print JSON"))] = False,
) -> None:
    """Print the days off and made up."""
    told = Asking("dispatch", city, folder).get(f"/v1/calendar/{year}")
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    if told["provisional"]:
        main.console.print(
            t(f"{year} 年法定节假日尚未公布，暂按周一至周五计", f"{year}: not out yet, Monday to Friday for now")
        )
    for name, days in _by_name(told["holidays"]).items():
        main.console.print(f"{name}  {', '.join(days)}", highlight=False)
    if told["makeups"]:
        main.console.print(t("调休上班", "made up") + f"  {', '.join(told['makeups'])}", highlight=False)


def _by_name(holidays: list[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for day in holidays:
        found.setdefault(day["name"] or t("放假", "off"), []).append(day["day"])
    return found
