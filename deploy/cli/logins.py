"""What `department open` and `source open` print: a login by which a program of somebody else comes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import typer

from deploy.cli import main
from deploy.cli.words import t
from deploy.local.folder import Stack

if TYPE_CHECKING:
    from deploy.local.logins import Login


def show_login(
    stack: Stack, code: str, opened: Callable[[str, str, str], Login], topics: Callable[[Login], Mapping[str, str]]
) -> None:
    """Open the access of a department or source and print it as lines of an environment file.

    Leaves with 1 where Kafka has no door for logins, with 3 where the broker does not take it.
    """
    from deploy.local.logins import NoLogins

    if not stack.kafka_outside:
        main.errors.print(
            t(
                "没有供外部登录的 Kafka 地址；设置 SIDAN_KAFKA_OUTSIDE 后重启",
                "Kafka has no door for logins; set SIDAN_KAFKA_OUTSIDE and restart",
            )
        )
        raise typer.Exit(main.CHECK_FAILED)
    try:
        login = opened(stack.kafka, stack.city, code)
    except NoLogins as failure:
        main.errors.print(t(f"未能开通：{failure}", f"Not opened: {failure}"), markup=False)
        raise typer.Exit(main.NOT_RUNNING) from None
    main.errors.print(
        t(
            "口令只显示这一次，不留存；遗失则重新开通",
            "The password is shown this once and kept nowhere; lost, open again",
        )
    )
    lines = {"SIDAN_KAFKA": stack.kafka_outside, "SIDAN_LOGIN": login.login, "SIDAN_PASSWORD": login.password}
    for name, value in {**lines, **topics(login), "SIDAN_GROUPS": login.groups}.items():
        typer.echo(f"{name}={value}")
