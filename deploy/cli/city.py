"""`sidan city`: check a city file before anyone uses it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from deploy.cli.words import t
from shared.city.check import check
from shared.city.load import CityError, path_of

console = Console()


def register(app: typer.Typer) -> None:
    """Add the commands about city files."""
    city = typer.Typer(help=t("城市配置文件", "City files"), no_args_is_help=True)
    app.add_typer(city, name="city")

    @city.command(
        "check", help=t("逐行检查城市配置文件，有错退出码为 1", "Check a city file line by line; exit 1 on errors")
    )
    def check_file(
        file: Annotated[str, typer.Argument(help=t("文件路径或自带城市代码", "Path, or code of a shipped city"))],
    ) -> None:
        """Print each problem as file:line, rule and words."""
        try:
            path = path_of(file)
        except CityError:
            console.print(escape(t(f"没有这个文件：{file}", f"No such file: {file}")))
            raise typer.Exit(1) from None
        raise typer.Exit(report(path))


def report(path: Path) -> int:
    """Print the problems of a file and return the exit code: 1 with errors, 0 with warnings alone."""
    problems = check(path)
    for problem in problems:
        colour, kind = ("yellow", t("提示", "warning")) if problem.is_warning else ("red", t("错误", "error"))
        where = escape(f"{path}:{problem.line}")
        console.print(
            f"{where} [{colour}]{kind}[/] {problem.rule} {escape(t(*problem.words()))}", soft_wrap=True, highlight=False
        )
    errors = sum(not problem.is_warning for problem in problems)
    if not errors:
        console.print(t(f"[green]可用[/] {escape(str(path))}", f"[green]ok[/] {escape(str(path))}"), highlight=False)
    return 1 if errors else 0
