"""Read the project's own source: which files there are, what a name in them stands for, where a node stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("intake", "dispatch", "escalation", "feedback", "console")
CODE = ("services", "shared", "deploy")


def files(*under: str, suffixes: tuple[str, ...] = (".py",)) -> list[Path]:
    """Return the files below folders (or the files themselves), sorted, without what tools leave behind."""
    found: set[Path] = set()
    for name in under:
        place = ROOT / name
        candidates = [place] if place.is_file() else place.rglob("*")
        found.update(p for p in candidates if p.suffix in suffixes and "__pycache__" not in p.parts and p.is_file())
    return sorted(found)


@cache
def tree(path: Path) -> ast.Module:
    """Return the parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def short(path: Path) -> str:
    """Return the path as seen from the project's folder."""
    return path.relative_to(ROOT).as_posix()


def imported(module: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Yield each import with the dotted name that it brings in."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def meanings(module: ast.Module) -> dict[str, str]:
    """Return what each imported name of a module stands for: `dt` -> `datetime.datetime`."""
    known: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                head = alias.name.split(".")[0]
                known[alias.asname or head] = alias.name if alias.asname else head
        elif isinstance(node, ast.ImportFrom):
            known.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return known


def dotted(node: ast.expr, known: dict[str, str]) -> str:
    """Return the full dotted name of an expression such as `datetime.now`, empty if it is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([known.get(node.id, node.id), *reversed(parts)])


def called(node: ast.Call) -> str:
    """Return the last part of what is called: `publish_batch` of `broker.publish_batch(...)`."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def texts(module: ast.Module) -> Iterator[ast.Constant]:
    """Yield every string of a module but its docstrings, the fixed parts of f-strings included."""
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    said = {id(statement.value) for n in ast.walk(module) if isinstance(n, described)
            for statement in n.body if isinstance(statement, ast.Expr)}  # fmt: skip
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node
