"""`sidan user add|list|disable`: who may sign in to the console, and at which posts."""

from __future__ import annotations

import asyncio
import getpass
import secrets
import sys
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.cli import main
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from deploy.local.folder import Stack
from services.console.access import accounts
from services.console.access.roles import Post, Role, check_post
from shared.city.load import load
from shared.kernel.refusals import Refused
from shared.kernel.rules import words
from shared.persistence.engine import connect

V = TypeVar("V")
Login = Annotated[str, typer.Argument(metavar="LOGIN", help=t("账号，如 zhang.san", "Account, such as zhang.san"))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help=t("控制台账号与岗位", "Accounts of the console and their posts"))
    group.command(
        "add",
        help=t(
            "新增或改写一个账号：姓名、岗位、口令；原有登录随即失效。口令从终端或标准输入读取，空则生成并只显示一次",
            "Add an account or change it: name, posts, password; its sessions end. The password is read from the "
            "terminal or standard input; an empty one is made and shown this once",
        ),
    )(add)
    group.command("list", help=t("列出账号", "List the accounts"))(list_)
    group.command("disable", help=t("停用账号，登录随即失效", "Let an account in no more; its sessions end"))(disable)
    app.add_typer(group, name="user")


def add(
    login: Login,
    posts: Annotated[
        list[str],
        typer.Option(
            "--post",
            help=t(
                "岗位，角色@单位，可多次给出；角色：" + "、".join(Role) + "；单位或部门代码见城市配置文件",
                "Post, role@unit, may be given again; roles: " + ", ".join(Role) + "; codes as in the city file",
            ),
        ),
    ],
    name: Annotated[str, typer.Option("--name", help=t("姓名，默认同账号", "Name; by default the account's"))] = "",
    identity: Annotated[
        str, typer.Option("--identity", help=t("统一身份：“签发者 主体”", "Single sign-on: 'issuer subject'"))
    ] = "",
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Add or change one account."""
    stack = running_stack(city, folder)
    model = load(stack.city_file)
    wanted = []
    for said in posts:
        role, _, at = said.partition("@")
        try:
            post = Post.written(role, at)
            check_post(post, model)
        except ValueError:
            raise typer.BadParameter(t(f"没有这个岗位：{said}", f"no such post: {said}"), param_hint="--post") from None
        wanted.append(post)
    password, made = _password(), ""
    if not password and not identity:
        password = made = secrets.token_urlsafe(12)
    try:
        _do(stack, lambda c: accounts.add(c, login, name or login, wanted, password or None, identity or None))
    except Refused as refused:
        main.errors.print(t(*words(refused.rule, refused.params)), style="red")
        raise typer.Exit(main.CHECK_FAILED) from None
    main.console.print(t(f"账号 {login} 可以登录", f"{login} may sign in"), markup=False, highlight=False)
    if made:
        typer.echo(made)


def list_(city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """List the accounts."""
    rows = _do(running_stack(city, folder), _accounts)
    table = Table(box=None)
    for heading in (t("账号", "Account"), t("姓名", "Name"), t("岗位", "Posts"), t("状态", "State")):
        table.add_column(heading)
    for login, name, posts, is_off in rows:
        table.add_row(login, name, " ".join(posts), t("停用", "disabled") if is_off else t("可登录", "may sign in"))
    main.console.print(table if rows else t("还没有账号", "No account yet"))


def disable(login: Login, city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Disable one account."""
    if not _do(running_stack(city, folder), lambda c: accounts.disable(c, login)):
        main.errors.print(t(f"没有这个账号：{login}", f"No such account: {login}"), markup=False)
        raise typer.Exit(main.CHECK_FAILED)
    main.console.print(t(f"账号 {login} 已停用", f"{login} is disabled"), markup=False, highlight=False)


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass(t("口令（空则生成）：", "Password (empty: one is made): "))
    return sys.stdin.readline().rstrip("\n")


async def _accounts(conn: AsyncConnection) -> list[Any]:
    query = (
        "SELECT login, name, array(SELECT role || '@' || unit FROM account_post p WHERE p.login = a.login ORDER BY 1), "
        "disabled_at IS NOT NULL FROM account a ORDER BY login"
    )
    return list(await conn.execute(text(query)))


def _do(stack: Stack, work: Callable[[AsyncConnection], Coroutine[Any, Any, V]]) -> V:
    async def do() -> V:
        engine = connect(stack.dsns["console"])
        try:
            async with engine.begin() as conn:
                return await work(conn)
        finally:
            await engine.dispose()

    return asyncio.run(do())
