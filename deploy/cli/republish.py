"""`sidan republish SERVICE`: fill a lost state stream again from the service's journal."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from deploy.cli import main
from deploy.cli.stack import DEFAULT_CITY, City, Folder, running_stack
from deploy.cli.words import t
from shared.contracts.topics import STATE_STREAM
from shared.shell.republish import NotLost
from shared.shell.republish import republish as refill


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "republish",
        help=t(
            "事件流丢失后，由该服务的流水账重新发送全部事实；未丢失时不做任何事，退出码为 1",
            "Send all facts of a service again from its journal after its stream was lost; not lost: nothing, exit 1",
        ),
    )(republish)


def republish(
    service: Annotated[str, typer.Argument(metavar="|".join(STATE_STREAM), help=t("服务", "Service"))],
    city: City = DEFAULT_CITY,
    folder: Folder = None,
) -> None:
    """Fill the stream again and say how much there is to send and to read."""
    if service not in STATE_STREAM:
        raise typer.BadParameter(t(f"没有服务 {service}", f"There is no service {service}"), param_hint="SERVICE")
    stack = running_stack(city, folder)
    try:
        facts, readers = asyncio.run(refill(stack.dsns["admin"], stack.kafka, stack.city, service))
    except NotLost as whole:
        main.errors.print(t(f"没有缺失，未作改动：{whole}", f"Nothing is missing, nothing changed: {whole}"))
        raise typer.Exit(main.CHECK_FAILED) from None
    except UnknownTopicOrPartitionError:
        main.errors.print(
            t(
                f"主题还不存在：先 sidan down、sidan up --city {city}，再重试",
                f"The topic does not exist yet: sidan down, sidan up --city {city}, then try again",
            )
        )
        raise typer.Exit(main.CHECK_FAILED) from None
    except (KafkaError, OSError) as away:
        main.errors.print(t("无法连接 Kafka 或 PostgreSQL", "Kafka or PostgreSQL cannot be reached"), style="red")
        main.errors.print(f"({type(away).__name__}: {away})", markup=False, highlight=False)
        raise typer.Exit(main.NOT_RUNNING) from None
    names = ", ".join(f"{name} ({count})" for name, count in readers.items())
    main.console.print(
        t(
            f"{facts} 条事实将重新发送；从头读取的服务（分区数）：{names}。进度见 sidan status",
            f"{facts} facts will be sent again; reading anew (partitions): {names}. See sidan status",
        ),
        highlight=False,
    )
