"""`sidan city check` names file, line and rule and ends with the documented code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from deploy.cli import city


@pytest.fixture
def run() -> Callable[..., tuple[int, str]]:
    app = typer.Typer()
    app.callback()(lambda: None)
    city.register(app)

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["city", "check", *arguments])
        return result.exit_code, result.output

    return run


def test_a_good_file_ends_with_0(run: Callable[..., tuple[int, str]], write: Callable[..., Path]):
    assert run(str(write()))[0] == 0
    assert run("donggang")[0] == 0


def test_an_error_is_named_by_file_line_and_rule_and_ends_with_1(
    run: Callable[..., tuple[int, str]], write: Callable[..., Path]
):
    path = write(("group: law", "group: order"))
    code, output = run(str(path))
    line = next(i for i, text in enumerate(path.read_text("utf-8").splitlines(), 1) if "code: theft" in text)
    assert code == 1
    assert f"town.yaml:{line}" in output.replace("\n", "")
    assert "city.unknown_group" in output


def test_a_missing_file_ends_with_1(run: Callable[..., tuple[int, str]]):
    assert run("atlantis")[0] == 1
