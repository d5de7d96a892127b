"""What the documents name is there: code words, files, commands, targets, metrics."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from shared.telemetry import metrics
from tests.architecture.reading import CODE, ROOT, files

PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *files("docs", suffixes=(".md",))]
GLOSSARY = ROOT / "docs" / "glossary.md"
NAMED_BY_DESIGN = {"AgendaTopic"}
by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


@cache
def source() -> frozenset[str]:
    """Return every word of the source and of the shipped cities."""
    paths = [*files(*CODE), ROOT / "deploy" / "cities" / "donggang.yaml"]
    return frozenset(w for p in paths for w in re.findall(r"[A-Za-z_][\w.]*\w|\w+", p.read_text(encoding="utf-8")))


def rows(page: Path) -> list[list[str]]:
    lines = page.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in cells if not set("".join(row)) <= {"-", ":"}]


def test_every_code_word_of_the_glossary_is_in_the_source() -> None:
    words = {word for row in rows(GLOSSARY) for word in re.findall(r"`([^`]+)`", row[2])}
    known = source() | {part for word in source() for part in word.split(".")}
    assert len(words) > 80
    assert not sorted(words - known)


def test_no_term_stands_twice_in_the_glossary() -> None:
    terms = [row[0] for row in rows(GLOSSARY) if row[0] != "中文"]
    assert len(terms) == len(set(terms))


@by_page
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [t.split("#")[0] for t in re.findall(r"\]\(([^)\s]+)\)", text) if not t.startswith(("http", "#"))]
    assert not [target for target in targets if not (page.parent / target).exists()]


@by_page
def test_every_target_of_make_that_a_page_names_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|[`\s])make ([a-z-]+)", _code(page)))
    assert not {target for target in named if not re.search(rf"^{target}:", makefile, re.M)}


@by_page
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    from deploy.cli.main import build

    app = build()
    known = {c.name or getattr(c.callback, "__name__", "") for c in app.registered_commands}
    known |= {group.name or "" for group in app.registered_groups}
    assert set(re.findall(r"\bsidan ([a-z][a-z-]*)", _code(page))) <= known


def test_every_metric_is_explained_to_operators_and_none_is_invented() -> None:
    declared = {m._name for m in vars(metrics).values() if hasattr(m, "_name")}
    explained = set(re.findall(r"`(sidan_[a-z_]+)`", (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")))
    assert explained == declared


def _code(page: Path) -> str:
    """Return what a page says in code, so that prose may use the same words."""
    text = page.read_text(encoding="utf-8")
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.S))
