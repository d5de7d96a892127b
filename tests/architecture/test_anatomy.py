"""Every service has the same parts, every part is where one looks for it, every module is named after a noun."""

from __future__ import annotations

import ast
import warnings

import pytest

from tests.architecture.reading import CODE, ROOT, SERVICES, files, short, tree

STATING = SERVICES[:-1]
PARTS = {
    "__init__.py",
    "__main__.py",
    "app.py",
    "settings.py",
    "domain",
    "translate.py",
    "store.py",
    "api.py",
    "migrations",
    "tables",
    "routes",
    "papers",
    "chores",
}
"""`tables` are the nouns of a store and `routes` those of an api that have outgrown one module; `papers` are what a
service writes for people: documents and workbooks; `chores` are what it does of itself beside its three doors."""
NEEDED = {"__init__.py", "__main__.py", "app.py", "domain", "translate.py", "store.py", "api.py", "migrations"}
NO_NOUNS = {
    "util",
    "utils",
    "helper",
    "helpers",
    "common",
    "manager",
    "managers",
    "misc",
    "base_classes",
    "core",
    "lib",
}
LONG = 400


def parts_of(service: str) -> set[str]:
    return {place.name for place in (ROOT / "services" / service).iterdir() if place.name != "__pycache__"}


@pytest.mark.parametrize("service", STATING)
def test_a_stating_service_has_the_parts_of_a_service_and_only_those(service: str) -> None:
    assert parts_of(service) >= NEEDED
    assert parts_of(service) <= PARTS


def test_the_console_reads_and_states_nothing() -> None:
    assert {"__init__.py", "__main__.py", "app.py", "api.py", "projection", "pages", "migrations"} <= parts_of(
        "console"
    )
    assert not parts_of("console") & {"domain", "translate.py"}


def test_there_are_five_services() -> None:
    found = {place.name for place in (ROOT / "services").iterdir() if place.is_dir() and place.name != "__pycache__"}
    assert found == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_says_what_it_reads_states_and_owns(service: str) -> None:
    said = (ast.get_docstring(tree(ROOT / "services" / service / "__init__.py")) or "").lower()
    for word in ("reads", "states", "owns"):
        assert word in said, f"services/{service}/__init__.py: says not what it {word}"


@pytest.mark.parametrize("service", STATING)
def test_sql_is_in_the_store_alone(service: str) -> None:
    found = [
        f"{short(path)}:{node.lineno}"
        for path in files(f"services/{service}")
        if path.name != "store.py" and not {"migrations", "tables"} & set(path.parts)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        and node.value.lstrip().startswith(("SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH "))
    ]  # fmt: skip
    assert not found, "\n".join(found)


def test_settings_are_read_by_composition_roots_alone() -> None:
    found = [
        f"{short(path)}:{node.lineno}"
        for path in files("services")
        if path.name not in ("app.py", "settings.py")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module == "shared.shell.settings"
    ]
    assert not found, "\n".join(found)


def test_modules_are_named_after_nouns_of_the_office() -> None:
    found = [short(path) for path in files(*CODE, "tests") if path.stem in NO_NOUNS or path.parent.name in NO_NOUNS]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", files(*CODE), ids=short)
def test_every_module_says_what_it_is_for(path: object) -> None:
    module = tree(path)  # type: ignore[arg-type]
    assert not module.body or ast.get_docstring(module)


def test_modules_are_short_enough_to_be_read_at_once() -> None:
    for path in files(*CODE):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONG:
            warnings.warn(f"{short(path)} has {lines} lines; {LONG} are enough", stacklevel=1)
