"""What house style and shell forbid is not in the source; each failure names file and line."""

from __future__ import annotations

import ast
import re
import sys

import pytest

from tests.architecture.bans import BANS, PURE, Ban
from tests.architecture.reading import CODE, ROOT, files, imported, short, tree

BY_NAME = pytest.mark.parametrize("ban", BANS, ids=lambda ban: ban.name)


@BY_NAME
def test_what_is_banned_is_nowhere(ban: Ban) -> None:
    found = [f"{short(path)}:{line}: {what}" for path in files(*ban.where) for line, what in ban.find(tree(path))]
    assert not found, f"{ban.reason}:\n" + "\n".join(found)


@BY_NAME
def test_a_ban_finds_what_is_planted(ban: Ban) -> None:
    assert list(ban.find(ast.parse(ban.planted)))


@BY_NAME
def test_a_ban_looks_at_files_that_exist(ban: Ban) -> None:
    assert all(files(place) for place in ban.where), ban.where


def test_the_kernel_imports_the_standard_library_and_itself() -> None:
    found = [
        f"{short(path)}:{node.lineno}: {name}"
        for path in files("shared/kernel")
        for node, name in imported(tree(path))
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("shared.kernel.")
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("domain", [place for place in PURE if place.endswith("/domain")])
def test_a_domain_imports_the_standard_library_the_kernel_and_itself(domain: str) -> None:
    own = domain.replace("/", ".")
    found = [
        f"{short(path)}:{node.lineno}: {name}"
        for path in files(domain)
        for node, name in imported(tree(path))
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith((own, "shared.kernel."))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("word", ["innerHTML", "outerHTML", "insertAdjacentHTML", "v-html", "document.write"])
def test_no_component_of_the_console_writes_markup_from_text(word: str) -> None:
    found = [
        f"{short(path)}:{n}: {line.strip()[:100]}"
        for path in files("services/console", suffixes=(".js", ".html", ".vue"))
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if word in line
    ]
    assert not found, "what people write would run as a script:\n" + "\n".join(found)


def test_no_file_names_a_place_of_one_machine() -> None:
    place = re.compile(r"(?<![\w.$}*/-])/(work|root|home|Users|mnt|opt/homebrew)/[A-Za-z0-9_.-]+")
    suffixes = (".py", ".md", ".toml", ".yaml", ".yml", ".js", ".css", ".json", ".sh", ".ini", ".cfg", ".html")
    found = [
        f"{short(path)}:{n}: {line.strip()[:100]}"
        for path in [*files(*CODE, "tests", "docs", suffixes=suffixes), *_at_the_top()]
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if place.search(line)
    ]
    assert not found, "\n".join(found)


def _at_the_top() -> list:  # type: ignore[type-arg]
    names = ("README.md", "README.zh-CN.md", "Makefile", "pyproject.toml", ".ci/run")
    return [ROOT / name for name in names if (ROOT / name).is_file()]
