from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from deploy.cli.main import MODULES
from deploy.cli.words import pick, without_language
from deploy.local.folder import Running, Stack, write_json
from deploy.local.plan import Plan, Topic, read_plan


def test_the_language_is_chinese_unless_asked_otherwise_anywhere() -> None:
    assert pick([], {}) == "zh"
    assert pick(["up", "--lang", "en"], {}) == "en"
    assert pick(["--lang=en", "up"], {}) == "en"
    assert pick(["up"], {"SIDAN_LANG": "en"}) == "en"
    assert pick(["up", "--lang", "zh"], {"SIDAN_LANG": "en"}) == "zh"
    assert pick(["import", "--", "--lang", "en"], {}) == "zh"
    assert without_language(["up", "--lang", "en", "--detach", "--lang=en"]) == ["up", "--detach"]


def test_a_plan_reads_back_as_it_was_written(tmp_path: Path) -> None:
    plan = Plan("cell", tmp_path, tmp_path / "c.yaml", {"t": Topic(3, {"a": "b"})}, {"intake": ["x"]}, ["intake"], 60.0)
    assert read_plan(plan.save()) == plan


def _sidan(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli.main", *arguments],
        cwd=Path(__file__).resolve().parents[3],
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_the_commands_and_the_exit_codes_in_both_languages() -> None:
    chinese, english = _sidan("--help"), _sidan("--help", "--lang", "en")
    assert (chinese.returncode, english.returncode) == (0, 0)
    assert "退出码" in chinese.stdout
    assert "Exit codes" in english.stdout
    for command in ("up", "status", "down"):
        assert f" {command} " in english.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("nonsense",), 2), (("up", "--speed", "361"), 2), (("up", "--city", "atlantis"), 2), (("status",), 3)],
)
def test_exit_codes_are_the_documented_ones(arguments: tuple[str, ...], code: int, tmp_path: Path) -> None:
    more = ("--folder", str(tmp_path)) if arguments[0] in ("up", "status") else ()
    assert _sidan(*arguments, *more).returncode == code


def test_a_stale_file_of_dead_processes_counts_as_not_running_and_kills_no_stranger(tmp_path: Path) -> None:
    stack = Stack("cell", tmp_path, state="ready", supervisor=Running(os.getpid(), "an earlier boot:1"))
    stack.processes["intake"] = Running(os.getpid(), "an earlier boot:2", 0, "http://127.0.0.1:1")
    stack.save()
    write_json(tmp_path / "ports.json", {})
    assert _sidan("status", "--folder", str(tmp_path)).returncode == 3
    assert _sidan("down", "--folder", str(tmp_path)).returncode == 0


@pytest.mark.parametrize("module", MODULES)
def test_a_module_adds_just_the_commands_that_are_looked_for_in_it(module: str) -> None:
    app = typer.Typer()
    app.callback()(lambda: None)
    importlib.import_module(f"deploy.cli.{module}").register(app)
    assert list(get_command(app).commands) == list(MODULES[module])


EVERY_PAGE = """
from typer.main import get_command
from typer.testing import CliRunner
from deploy.cli.main import MODULES, build
def pages(program, command, path):
    print(CliRunner().invoke(program, [*path, "--help"]).output)
    for name, child in getattr(command, "commands", {}).items():
        pages(program, child, [*path, name])
print(CliRunner().invoke(build(), ["--help"]).output)
for commands in MODULES.values():
    program = build([*commands][0])
    for name, command in get_command(program).commands.items():
        pages(program, command, [name])
"""


def test_no_line_of_any_chinese_help_page_is_cut_and_typers_own_words_are_chinese() -> None:
    said = subprocess.run(
        [sys.executable, "-c", EVERY_PAGE],
        env={**os.environ, "COLUMNS": "80", "SIDAN_LANG": "zh"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.count("用法：") > 15
    for foreign in ("…", "Usage", "Show this message", "[required]", "[default", "[OPTIONS]"):
        assert foreign not in said
    assert "缺少必填项" in _sidan("import", "--lang", "zh").stderr
