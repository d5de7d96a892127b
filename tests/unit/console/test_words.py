"""Everything that a person reads goes through the catalogue, and every fact has words."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

import services.console
from services.console import stories, words
from services.console.english import ENGLISH
from services.console.pages.case import AT_STEP
from services.console.words import STATUSES
from shared.contracts.dispatch import Status
from shared.contracts.topics import STREAMS

HOME = Path(services.console.__file__).parent
CJK = re.compile("[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
PLACE_NAMES = {"社区", "网格"}
SOURCES = {
    str(path.relative_to(HOME)): ast.parse(path.read_text())
    for path in sorted(HOME.rglob("*.py"))
    if path.parent.name != "english"
}


TEMPLATES = {path.name: path.read_text() for path in sorted(HOME.glob("field/templates/*.html"))}


def _said(tree: ast.AST) -> set[str]:
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and n.args and isinstance(n.args[0], ast.Constant)]
    named = [c for c in calls if (isinstance(c.func, ast.Name) and c.func.id in ("t", "word"))]
    named += [c for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr == "t"]
    return {c.args[0].value for c in named}


def _said_in_template(source: str) -> set[str]:
    return {said for _, said in re.findall(r"""\bt\((["'])([^"']+)\1""", source)}


def _said_twice(tree: ast.AST) -> set[str]:
    """Return the words of refusals, which carry both languages side by side."""
    both = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") in ("wrong", "register")]
    return {a.value for c in both for a in ast.walk(c) if isinstance(a, ast.Constant) and isinstance(a.value, str)}


def _literals(tree: ast.AST) -> set[str]:
    docs = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found = (n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str) and n not in docs)
    return {n.value for n in found if CJK.search(n.value)}


@pytest.mark.parametrize("name", SOURCES)
def test_every_chinese_literal_goes_through_the_catalogue(name: str) -> None:
    tree = SOURCES[name]
    marks = {"四单", "中"} if name == "pages/frame.py" else PLACE_NAMES if name == "grounds.py" else set()
    assert _literals(tree) - _said(tree) - _said_twice(tree) <= marks


def test_a_text_stands_in_one_module_of_the_catalogue_alone() -> None:
    keys = [
        key.value
        for path in sorted((HOME / "english").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    ]
    assert sorted(key for key, n in Counter(keys).items() if n > 1) == []


def test_every_text_has_english_and_none_is_left_over() -> None:
    said = set().union(*map(_said, SOURCES.values()), *map(_said_in_template, TEMPLATES.values()))
    assert said == set(ENGLISH)


def test_every_chinese_text_of_a_template_goes_through_the_catalogue() -> None:
    for name, source in TEMPLATES.items():
        assert not CJK.search(re.sub(r"""\bt\((["'])[^"']+\1""", "", source)), name


def test_both_languages_fill_the_same_values() -> None:
    def values(text: str) -> set[str]:
        return set(re.findall(r"{(\w+)}", text))

    assert {zh for zh, en in ENGLISH.items() if values(zh) != values(en)} == set()


def test_no_component_holds_words_of_its_own_or_grows_beyond_80_lines() -> None:
    for path in (HOME / "components").glob("*.js"):
        assert not CJK.search(path.read_text()), path.name
        assert len(path.read_text().splitlines()) <= 80, path.name
        assert "v-html" not in path.read_text()


def test_every_fact_of_the_four_state_streams_has_a_story() -> None:
    stated = {kind.TYPE for stream in STREAMS if stream.state for kind in stream.types}
    assert stated <= stories.told_types()


def test_an_ended_case_is_never_shown_as_overdue_and_supervision_outranks_overdue() -> None:
    assert words.state_of("closed", supervised=True, overdue=True, reminded=True) == "ended"
    assert words.state_of("accepted", supervised=True, overdue=True, reminded=True) == "supervised"
    assert words.state_of("escalated", supervised=False, overdue=False, reminded=True) == "meeting"
    assert words.state_of("accepted", supervised=False, overdue=False, reminded=True) == "soon"


def test_every_status_of_an_order_has_words_and_a_step_of_the_way() -> None:
    assert {status.value for status in Status} <= STATUSES.keys() == AT_STEP.keys()
