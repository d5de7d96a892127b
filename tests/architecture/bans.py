"""What may not stand in the source, where ruff cannot say it: each ban finds the places of one file."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.architecture.reading import ROOT, called, dotted, imported, meanings, texts

Found = tuple[int, str]
Finder = Callable[[ast.Module], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Ban:
    """One ban: the folders or files it holds in, the reason, what finds it, and a line that must be found."""

    name: str
    where: tuple[str, ...]
    reason: str
    find: Finder
    planted: str


_UNREPEATABLE = re.compile(
    r"(datetime\.(datetime|date)\.(now|utcnow|today|fromtimestamp)|time\.\w+|uuid\.uuid[1-8]|random(\.\w+)*|secrets\.\w+"
    r"|os\.(urandom|environ|getenv))"
)
_ELSEWHERE = re.compile(
    r"datetime\.(datetime|date)\.(now|utcnow|today)|time\.time(_ns)?|uuid\.uuid[1-8]|random(\.\w+)*"
)
_TOPIC = re.compile(r"\.(cases|orders|ledger|feedback|reports|receipts|replies|ratings)(\..*)?\.v\d")


def _uses(pattern: re.Pattern[str]) -> Finder:
    def find(module: ast.Module) -> Iterator[Found]:
        known = meanings(module)
        for node in ast.walk(module):
            if isinstance(node, ast.Attribute | ast.Name) and pattern.fullmatch(name := dotted(node, known)):
                if isinstance(node, ast.Name) and node.id not in known:
                    continue
                yield node.lineno, name

    return find


def _calls(*names: str) -> Finder:
    def find(module: ast.Module) -> Iterator[Found]:
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and called(node) in names:
                yield node.lineno, called(node)

    return find


def _argument(name: str, value: bool) -> Finder:
    def find(module: ast.Module) -> Iterator[Found]:
        for node in ast.walk(module):
            given = node.value if isinstance(node, ast.keyword) and node.arg == name else None
            if isinstance(given, ast.Constant) and given.value is value:
                yield given.lineno, f"{name}={value}"

    return find


def _awaits(module: ast.Module) -> Iterator[Found]:
    for node in ast.walk(module):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            yield node.lineno, "async"
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("open", "print", "input")
        ):
            yield node.lineno, node.func.id
    for node, name in imported(module):
        if name.split(".")[0] in ("logging", "structlog", "asyncio", "pathlib", "os", "socket", "subprocess"):
            yield node.lineno, name


def _publisher(module: ast.Module) -> Iterator[Found]:
    for node in ast.walk(module):
        for decorator in getattr(node, "decorator_list", []):
            if isinstance(decorator, ast.Call) and called(decorator) == "publisher":
                yield decorator.lineno, "@publisher"


def _words(pattern: re.Pattern[str]) -> Finder:
    def find(module: ast.Module) -> Iterator[Found]:
        for text in texts(module):
            if pattern.search(str(text.value)):
                yield text.lineno, repr(text.value)

    return find


def _groups(module: ast.Module) -> Iterator[Found]:
    for node in ast.walk(module):
        if isinstance(node, ast.keyword) and node.arg == "group_id" and not _is_none(node.value):
            yield node.value.lineno, "group_id"


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _mixed_into(*names: str) -> Finder:
    """Find calls whose text is put together with values, unless `json.dumps` has made them harmless."""

    def find(module: ast.Module) -> Iterator[Found]:
        for node in ast.walk(module):
            if not (isinstance(node, ast.Call) and called(node) in names):
                continue
            for argument in node.args:
                if isinstance(argument, ast.BinOp) or any(
                    isinstance(part, ast.FormattedValue)
                    and not (isinstance(part.value, ast.Call) and called(part.value) == "dumps")
                    for part in ast.walk(argument)
                ):
                    yield node.lineno, f"{called(node)}(... + value)"

    return find


PURE = (
    *(f"services/{name}/domain" for name in ("intake", "dispatch", "escalation", "feedback")),
    *(f"services/{name}/translate.py" for name in ("intake", "dispatch", "escalation", "feedback")),
    "shared/kernel",
    "shared/contracts/base.py",
    "shared/contracts/dispatch.py",
    "shared/contracts/envelope.py",
    "shared/contracts/escalation.py",
    "shared/contracts/feedback.py",
    "shared/contracts/intake.py",
    "shared/contracts/pairing.py",
    "shared/contracts/people.py",
    "shared/contracts/supervision.py",
    "shared/contracts/topics.py",
    "shared/shell/apply.py",
    "shared/shell/work.py",
)
"""What is a function of what it is given, and nothing else."""
EVERYWHERE = ("services", "shared", "deploy")
CITIES = sorted(path.stem for path in (ROOT / "deploy" / "cities").glob("*.yaml"))

BANS = (
    Ban(
        "city",
        ("services", "shared", *(f"deploy/{room}" for room in ("audit", "demo", "local", "replay", "simulation"))),
        "what a city does differently is in its file", _words(re.compile(rf"\A({'|'.join(CITIES)})\Z")),
        "if city.code == 'guiping': pass",
    ),
    Ban(
        "unrepeatable", (*PURE, "shared/shell/opening.py"), "time, ids and chance come with the context",
        _uses(_UNREPEATABLE), "from datetime import UTC, datetime as dt\nat = dt.now(UTC)",
    ),
    Ban(
        "clock_of_the_machine", ("services",), "the time of the platform is the shell's: `store.now()`, `context.now`",
        _uses(_ELSEWHERE), "import random\nx = random.random()",
    ),
    Ban("waiting", PURE, "the pure core neither waits nor writes", _awaits, "async def f() -> None:\n    await g()"),
    Ban(
        "publish_batch", EVERYWHERE, "it ignores keys, so the order of a subject is lost",
        _calls("publish_batch"), "broker.publish_batch(*all_of_them)",
    ),
    Ban(
        "publisher", EVERYWHERE, "facts go through the journal and the relay alone",
        _publisher, "@broker.publisher('x')\ndef f() -> None: ...",
    ),
    Ban("add_all", EVERYWHERE, "SQL is set-based", _calls("add_all"), "session.add_all(rows)"),
    Ban(
        "topic_name", ("services", "deploy"), "topics are named by `shared.contracts.topics` alone",
        _words(_TOPIC), "name = f'{city}.orders.v1'",
    ),
    Ban(
        "header_name", ("services", "deploy"), "headers are named by `shared.contracts.envelope` alone",
        _words(re.compile(r"^ce_")), "h['ce_id']",
    ),
    Ban(
        "group_name", ("services",), "reader groups are named by the shell alone",
        _groups, "broker.subscriber('a', group_id='b')",
    ),
    Ban(
        "unsanitized", ("services/console",), "what people write would run as a script",
        _argument("sanitize", False), "ui.html(text, sanitize=False)",
    ),
    Ban(
        "notify_html", ("services/console",), "what people write would run as a script",
        _argument("html", True), "ui.notify(text, html=True)",
    ),
    Ban(
        "html_columns", ("services/console",), "what people write would run as a script",
        lambda module: (
            (node.value.lineno, "html_columns")
            for node in ast.walk(module)
            if isinstance(node, ast.keyword) and node.arg == "html_columns"
        ),
        "ui.aggrid(options, html_columns=[1])",
    ),
    Ban(
        "script_address", ("services/console",), "a link may not run a script",
        _words(re.compile(r"javascript:", re.I)), "ui.link('x', 'javascript:alert(1)')",
    ),
    Ban(
        "mixed_text", ("services/console",), "a value would split or run: use `element.props[...] = `, `json.dumps`",
        _mixed_into("props", "run_javascript"), "ui.label('x').props(f'title={text}')",
    ),
)  # fmt: skip
