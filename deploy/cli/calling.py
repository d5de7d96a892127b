"""`sidan address`, `sidan token`, `sidan targets`: what a program needs to call a service of a running stack."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from deploy.local.folder import Stack
from shared.kernel.decisions import Actor
from shared.shell.tokens import KINDS, sign


def register(app: typer.Typer) -> None:
    """Add the three commands."""
    app.command(help=t("打印一个服务的地址", "Print the address of a service"))(address)
    app.command(
        help=t(
            "打印一个来源、部门、单位、运营或居民的调用凭证，如 token source hotline",
            "Print the token of a source, department, unit, operations or resident, as in: token source hotline",
        )
    )(token)
    app.command(
        help=t(
            "打印各服务的抓取目标，供 Prometheus 的 file_sd_configs 使用",
            "Print the services as targets for file_sd_configs of Prometheus",
        )
    )(targets)


def address(
    service: Annotated[str, typer.Argument(help=t("服务，如 intake", "Service, such as intake"))],
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Print the base URL."""
    known = running_stack(city, folder).services
    if service not in known:
        raise typer.BadParameter(t(f"应为 {'、'.join(known)} 之一", f"one of {', '.join(known)}"))
    typer.echo(known[service])


def targets(city: City = DEFAULT_CITY, folder: Folder = None) -> None:
    """Print the list of targets."""
    typer.echo(json.dumps(targets_of(running_stack(city, folder)), indent=1))


def targets_of(stack: Stack) -> list[dict[str, Any]]:
    """Return a target with its labels for each service."""
    return [
        {"targets": [address.partition("://")[2]], "labels": {"city": stack.city, "service": name}}
        for name, address in stack.services.items()
    ]


def token(
    kind: Annotated[str, typer.Argument(help="|".join(sorted(KINDS)))],
    code: Annotated[str, typer.Argument(help=t("代码，见城市配置文件", "Code, as in the city file"))],
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Print a bearer token; whoever may run this owns the stack's folder and with it the secret."""
    if kind not in KINDS:
        raise typer.BadParameter(t(f"应为 {'、'.join(sorted(KINDS))} 之一", f"one of {', '.join(sorted(KINDS))}"))
    typer.echo(sign(running_stack(city, folder).secret, city, Actor(kind, code)))
