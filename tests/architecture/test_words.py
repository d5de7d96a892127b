"""Every rule that refuses something says so in both languages, and no words lie about unused."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from string import Formatter

import pytest

from shared.kernel.rules import known, words
from tests.architecture.reading import called, files, short, texts, tree


@pytest.fixture(scope="module", autouse=True)
def _registered() -> None:
    for service in ("intake", "dispatch", "escalation", "feedback"):
        importlib.import_module(f"services.{service}.domain")
    for module in ("access", "export"):
        importlib.import_module(f"services.console.{module}")
    importlib.import_module("shared.city.rules")


def raised() -> Iterator[tuple[str, ast.Call, str]]:
    """Yield place, call and rule of every refusal in the source."""
    for path in files("services", "shared"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and called(node) == "Refused" and node.args:
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield f"{short(path)}:{node.lineno}", node, part.value


def test_every_refusal_has_words_in_both_languages() -> None:
    silent = [f"{place}: {rule}" for place, _, rule in raised() if rule not in known()]
    assert not silent, "no words for:\n" + "\n".join(silent)


def test_the_words_of_a_rule_are_chinese_and_english() -> None:
    for rule in sorted(known()):
        zh, en = words(rule, {})
        assert any("\u4e00" <= letter <= "\u9fff" for letter in zh), f"{rule}: {zh}"
        assert en.isascii(), f"{rule}: {en}"


def test_a_refusal_gives_what_its_words_ask_for() -> None:
    missing = [
        f"{place}: {rule} lacks {lacking}"
        for place, node, rule in raised()
        if rule in known()
        and not any(keyword.arg is None for keyword in node.keywords)
        and (lacking := sorted(_asked(*words(rule, {})) - {str(keyword.arg) for keyword in node.keywords}))
    ]
    assert not missing, "\n".join(missing)


def test_no_rule_has_words_that_nothing_says() -> None:
    said: dict[str, int] = {}
    for path in files("services", "shared"):
        for text in texts(tree(path)):
            said[str(text.value)] = said.get(str(text.value), 0) + 1
    tried = {"mini.refused"}  # of the miniature service, once some test has loaded it
    unused = [rule for rule in sorted(known() - tried) if said.get(rule, 0) < 2]
    assert not unused, "words, but no rule:\n" + "\n".join(unused)


def _asked(*texts_of_rule: str) -> set[str]:
    """Return the parameters of texts; unfilled ones are rendered as their names in braces."""
    return {name for text in texts_of_rule for _, name, _, _ in Formatter().parse(text) if name}
