"""`sidan source list`, `sidan source open`: who may send reports, and connecting a source's own software by stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from deploy.cli import main
from deploy.cli.logins import show_login
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t

if TYPE_CHECKING:
    from shared.city.model import Source


def register(app: typer.Typer) -> None:
    """Add the commands."""
    sources = typer.Typer(
        no_args_is_help=True, help=t("来源：登记、限额、接入", "Sources: which there are, their limits, their access")
    )
    sources.command(
        "list",
        help=t(
            "列出城市配置文件登记的来源：主题、账号、缺省值、限额",
            "List the sources of the city file: streams, login, defaults, limits",
        ),
    )(list_)
    sources.command(
        "open",
        help=t(
            "为来源开通三个主题、一个账号及其权限；口令只显示这一次，再执行即更换口令。见 docs/integrating.md",
            "Open a source's access: three topics, a login and its rights. The password is shown this once; "
            "run again it is changed. See docs/integrating.md",
        ),
    )(open_)
    app.add_typer(sources, name="source")


def list_(
    city: Annotated[str, typer.Option("--city", help=t("城市代码或配置文件", "A city's code or file"))] = DEFAULT_CITY,
) -> None:
    """Print the registered sources."""
    from shared.city.load import load
    from shared.contracts.topics import source_login_of, topic_name

    known = load(city)
    code = t("代码", "code")
    streams = topic_name(known.code, f"reports|ratings|receipts.<{code}>")
    login = source_login_of(known.code, f"<{code}>")
    table = Table(
        title=t(f"{known.names.zh}的来源", f"Sources of {known.names.en}"),
        caption=escape(t(f"主题 {streams} · 账号 {login}", f"streams {streams} · login {login}")),
    )
    for name in (code, t("名称", "name"), t("渠道", "channel"), t("缺省与限额", "defaults and limits")):
        table.add_column(name)
    for source in known.sources.values():
        table.add_row(source.code, t(source.names.zh, source.names.en), source.channel, "\n".join(_limits(source)))
    main.console.print(table)


def _limits(source: Source) -> list[str]:
    """Return the defaults and limits of a source, one a line."""
    needs, flapping = ", ".join(source.needs), source.flapping
    quiet = (flapping.quiet, flapping.longest) if flapping else (0, 0)
    said = (
        (source.closed, t("未启用", "not switched on")),
        (source.default_unit, t(f"缺省单位 {source.default_unit}", f"unit {source.default_unit} by default")),
        (source.default_matter, t(f"缺省事项 {source.default_matter}", f"matter {source.default_matter} by default")),
        (source.urgent, t("均为紧急", "all urgent")),
        (not source.ratable, t("不评价", "not rated")),
        (source.spot, t("可报当场解决", "may report what was solved on the spot")),
        (source.a_minute, t(f"每分钟至多 {source.a_minute} 件", f"at most {source.a_minute} a minute")),
        (source.longest, t(f"至多 {source.longest} 字", f"at most {source.longest} characters")),
        (needs, t(f"须有 {needs}", f"must give {needs}")),
        (
            flapping,
            t("静默 {} 分、至多 {} 分内算同一告警", "one alarm until {} min quiet, at most {} min").format(*quiet),
        ),
    )
    return [words for holds, words in said if holds]


def open_(
    code: Annotated[str, typer.Argument(help=t("来源代码，见城市配置文件", "Code of a source, as in the city file"))],
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Print what the source's program needs, as lines of an environment file."""
    from deploy.local.logins import open_source
    from shared.city.load import load

    stack = running_stack(city, folder)
    source = load(stack.city_file).sources.get(code)
    if source is None or source.closed:
        raise typer.BadParameter(
            t(f"城市配置文件中没有启用这个来源：{code}", f"no such source is switched on in the city file: {code}")
        )
    show_login(
        stack,
        code,
        open_source,
        lambda login: {
            "SIDAN_REPORTS": login.writes[0],
            "SIDAN_RATINGS": login.writes[1],
            "SIDAN_RECEIPTS": login.reads[0],
        },
    )
