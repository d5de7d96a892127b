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
    "stack": {
        "up": ("启动 PostgreSQL、Kafka 和五个服务", "Start PostgreSQL, Kafka and the five services"),
        "status": ("查看各进程状况", "Show how every process is"),
        "down": ("停止", "Stop"),
    },
    "demo": {"demo": ("演示：模拟城市运行一周", "Show a simulated city for a week")},
    "simulate": {"simulate": ("模拟一座城市的一年", "Simulate a city's year")},
    "city": {"city": ("城市配置文件", "City files")},
    "importing": {"import": ("把 CSV 或 Excel 的各行作为报告送入", "Send the rows of a CSV or Excel file as reports")},
    "audit": {"audit": ("稽核：以只读身份清点每一件反映", "Account for every report, as a read-only role")},
    "quarantine": {"quarantine": ("被拒收或无法读取的消息", "Messages that were refused or could not be read")},
    "calling": {
        "address": ("打印一个服务的地址", "Print the address of a service"),
        "token": ("打印一个调用凭证", "Print a token to call with"),
        "targets": ("打印 Prometheus 的抓取目标", "Print the targets for Prometheus"),
    },
    "user": {"user": ("控制台账号与岗位", "Accounts of the console and their posts")},
    "department": {"department": ("部门接入：用自己的软件收单、回单", "Departments with software of their own")},
    "source": {"source": ("来源：登记、限额、接入", "Sources: which there are, their limits, their access")},
    "replay": {"replay": ("回放推演：另一份配置下会怎样", "What-if on a recorded period")},
    "route": {"route": ("派单规则：派给谁、为什么", "Routing: who got a case, and why")},
    "clock": {"clock": ("时限如何得出", "How due times came about")},
    "calendar": {"calendar": ("历法：节假日与调休", "The calendar: holidays and made-up days")},
    "ledger": {"ledger": ("联席会台账", "Ledgers of the joint meetings")},
    "papers": {"papers": ("台账、通知、纪要与总结", "Ledgers, notices, minutes, summaries")},
    "draw": {"draw": ("抽检、回头看、两随机的抽样", "Draws of checks and inspections")},
    "console": {"console": ("重建指挥台的读模型", "Make the console's read model anew")},
    "republish": {"republish": ("重发一个丢失的消息流", "Fill a lost stream again from the journals")},
    "score": {"score": ("评分：三率与各项指标", "Scores: three rates and case rates")},
    "result": {"result": ("考核结果输出与薪酬依据", "Results handed over, basis of pay")},
    "classify": {"classify": ("归类：训练、预测、评估、导出样本", "What texts are about: train, predict, evaluate")},
    "hot": {"hot": ("热点问题：归并、排名、写成工作簿", "Hot issues of a file, ranked, as a workbook")},
}
"""Modules of `deploy.cli` with a `register(app)`, and what the front page says of the commands that each adds.

A new noun is a new line here. The front page imports none of them.
"""

OK, CHECK_FAILED, WRONG_USAGE, NOT_RUNNING, INTERRUPTED = 0, 1, 2, 3, 130

console = Console()
errors = Console(stderr=True)


def build(command: str = "") -> typer.Typer:
    """Return the program with a known command's module alone, or without one as its front page.

    All modules together take seconds to import: simulation and auditor bring the services along.
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

    for module, commands in MODULES.items():
        if command in commands:
            importlib.import_module(f"deploy.cli.{module}").register(app)
            return app
    for name, said in ((name, said) for commands in MODULES.values() for name, said in commands.items()):
        app.command(name, help=t(*said))(_named)
    return app


def _named() -> None:
    """Stand on the front page for a command that `build` was not asked for."""


def run() -> None:
    """Run the command line of this process and leave with its code."""
    arguments = without_language(sys.argv[1:])
    build(arguments[0] if arguments else "")(arguments, prog_name="sidan")


if __name__ == "__main__":
    run()
