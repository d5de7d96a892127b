"""Typer's own words in the language of the person: headings, hints, errors of usage; no Chinese line is cut."""

from __future__ import annotations

from functools import cache
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text
from typer import core
from typer import rich_utils as typer_pages
from typer._click import exceptions

from deploy.cli.words import LANGUAGE, t

rich_utils: Any = typer_pages  # its module variables are its only settings


class _Folding(Table):
    """A table that folds what has no spaces: a Chinese sentence is one word to Rich, and would end in an ellipsis."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for column in self.columns:
            column.overflow = "fold"
        yield from super().__rich_console__(console, options)


def _line(items: list[Any]) -> Text:
    return Text(" ", overflow="fold").join(items)


@cache
def speak() -> None:
    """Give Typer's help pages and usage errors the words of this run's language, once."""
    rich_utils.Table = _Folding
    rich_utils.Columns = _line
    if LANGUAGE == "en":
        return
    rich_utils.OPTIONS_PANEL_TITLE = "选项"
    rich_utils.ARGUMENTS_PANEL_TITLE = "参数"
    rich_utils.COMMANDS_PANEL_TITLE = "命令"
    rich_utils.ERRORS_PANEL_TITLE = "用法有误"
    rich_utils.DEFAULT_STRING = "[默认 {}]"
    rich_utils.ENVVAR_STRING = "[环境变量 {}]"
    rich_utils.REQUIRED_LONG_STRING = "[必填]"
    rich_utils.ABORTED_TEXT = "已中断"
    rich_utils.RICH_HELP = "用法见 [blue]{command_path} {help_option}[/]"
    for kind in (core.TyperCommand, core.TyperGroup):
        _translate(kind)
    for failure, sentence in _FAILURES.items():
        failure.format_message = _before(sentence, failure.format_message)


def _translate(kind: type[Any]) -> None:
    usage, option = kind.get_usage, kind.get_help_option

    def get_usage(self: Any, ctx: Any) -> str:
        words = str(usage(self, ctx)).replace("Usage: ", "用法：")
        return words.replace("[OPTIONS]", "[选项]").replace("COMMAND [ARGS]...", "命令 [参数]...")

    def get_help_option(self: Any, ctx: Any) -> Any:
        found = option(self, ctx)
        if found is not None:
            found.help = t("显示本说明", "Show this message and exit.")
        return found

    kind.get_usage = get_usage
    kind.get_help_option = get_help_option


_FAILURES: dict[Any, str] = {
    exceptions.UsageError: "无法识别的用法",
    exceptions.BadParameter: "取值不对",
    exceptions.MissingParameter: "缺少必填项",
    exceptions.NoSuchOption: "没有这个选项",
}
"""What each error of usage is called; Typer's English sentence, which names the word at fault, stays after it."""


def _before(sentence: str, original: Any) -> Any:
    def format_message(self: Any) -> str:
        return f"{sentence}  {original(self)}"

    return format_message
