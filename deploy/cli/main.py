"""The program `sidan`: gathers the commands of its modules, speaks two languages, ends with documented codes."""

from __future__ import annotations

import importlib
import sys
from typing import Annotated

import typer
from rich.console import Console

from deploy.cli import manual
from deploy.cli.words import t, without_language

MODULES = {
    "stack": ("up", "status", "down"),
    "demo": ("demo",),
    "simulate": ("simulate",),
    "city": ("city",),
    "importing": ("import",),
    "audit": ("audit",),
    "quarantine": ("quarantine",),
    "calling": ("address", "token"),
    "department": ("department",),
    "ledger": ("ledger",),
    "papers": ("papers",),
    "draw": ("draw",),
    "republish": ("republish",),
    "score": ("score",),
}
"""Modules of `deploy.cli` with a `register(app)`, and the commands that each adds; a new noun is a new line here."""

OK, CHECK_FAILED, WRONG_USAGE, NOT_RUNNING, INTERRUPTED = 0, 1, 2, 3, 130

console = Console()
errors = Console(stderr=True)


def build(command: str = "") -> typer.Typer:
    """Return the program with every command of `MODULES`, or for a known one with its module alone.

    All of them together take seconds to import: simulation and auditor bring the services along.
    """
    manual.speak()
    app = typer.Typer(
        name="sidan",
        help=t("四单：接单、派单、提单、评单", "Sidan: take, dispatch, raise and rate residents' cases"),
        epilog=t(
            "退出码：0 成功；1 检查未通过；2 用法有误；3 环境未运行或无法连接；130 被中断",
            "Exit codes: 0 ok; 1 a check failed; 2 wrong usage; 3 stack not running or unreachable; 130 interrupted",
        ),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},
    )

    @app.callback()
    def language(
        lang: Annotated[
            str, typer.Option("--lang", metavar="zh|en", help=t("语言，可写在任何位置", "Language; may stand anywhere"))
        ] = t("zh", "en"),
    ) -> None:
        """Take the language that `words` has already acted on."""

    wanted = [module for module, commands in MODULES.items() if command in commands]
    for module in wanted or MODULES:
        importlib.import_module(f"deploy.cli.{module}").register(app)
    return app


def run() -> None:
    """Run the command line of this process and leave with its code."""
    arguments = without_language(sys.argv[1:])
    build(arguments[0] if arguments else "")(arguments, prog_name="sidan")


if __name__ == "__main__":
    run()
