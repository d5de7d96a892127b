"""`sidan department open`: connect a department's own software to its two streams."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.cli.logins import show_login
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t


def register(app: typer.Typer) -> None:
    """Add the command."""
    departments = typer.Typer(
        no_args_is_help=True,
        help=t("部门接入：用自己的软件收单、回单", "Departments that work with software of their own"),
    )
    departments.command(
        "open",
        help=t(
            "为部门开通两个主题、一个账号及其权限；口令只显示这一次，再执行即更换口令。见 docs/departments.md",
            "Open a department's access: two topics, a login and its rights. The password is shown this once; "
            "run again it is changed. See docs/departments.md",
        ),
    )(open_)
    app.add_typer(departments, name="department")


def open_(
    code: Annotated[
        str, typer.Argument(help=t("部门代码，见城市配置文件", "Code of a department, as in the city file"))
    ],
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Print what the department's program needs, as lines of an environment file."""
    from deploy.local.logins import open_department
    from shared.city.load import load

    stack = running_stack(city, folder)
    department = load(stack.city_file).departments.get(code)
    if department is None:
        raise typer.BadParameter(
            t(f"城市配置文件中没有这个部门：{code}", f"no such department in the city file: {code}")
        )
    if department.reply_path != "stream":
        raise typer.BadParameter(
            t(
                f"{code} 在办理台工作（reply_path: desk）；改为 stream 并重启后再开通",
                f"{code} works at the desk (reply_path: desk); make it stream, restart, and open it then",
            )
        )
    show_login(
        stack,
        code,
        open_department,
        lambda login: {"SIDAN_ORDERS": login.reads[0], "SIDAN_REPLIES": login.writes[0]},
    )
