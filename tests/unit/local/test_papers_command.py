"""`sidan papers` writes a file that is whole or not there, and ends with the documented codes."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import asking, papers
from deploy.cli.main import CHECK_FAILED, NOT_RUNNING, OK, WRONG_USAGE, build

PROBLEM = '{"title": "尚无此文书", "title_en": "no such paper yet"}'.encode()


class _Service(BaseHTTPRequestHandler):
    """Answer as the services do: one paper is there, one is too early, the others are unknown."""

    def do_GET(self) -> None:
        known = self.path in (
            "/v1/ledgers.xlsx", "/v1/ledger/S01.csv", "/v1/bulletins/2026-11.pdf", "/v1/lists/C01.xlsx",
            "/v1/projects/project:C01:1/agreement.docx", "/v1/orders/case-7/disposal.json?number=2",
            "/v1/cases/case-7/rating.pdf", "/v1/orders/DG-7/clocks",
        )  # fmt: skip
        assert self.headers["Authorization"].startswith("Bearer operations.")
        status = 200 if known else 409 if "minutes" in self.path else 404
        body = self.path.encode() if known else PROBLEM
        if self.path.endswith("/clocks") and known:
            body = b'{"case": "case-7"}'
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Service)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    services = {"escalation": url, "feedback": url, "dispatch": url}
    stack = SimpleNamespace(secret="s" * 32, city="donggang", services=services)
    for module in (papers, asking):
        monkeypatch.setattr(module, "running_stack", lambda city, folder: stack)
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(build("papers"), ["papers", *map(str, arguments)])


@pytest.mark.parametrize(
    ("arguments", "name", "path"),
    [
        (("ledger",), "all.xlsx", "/v1/ledgers.xlsx"),
        (("ledger", "S01"), "one.CSV", "/v1/ledger/S01.csv"),
        (("bulletin", "2026-11"), "通报.pdf", "/v1/bulletins/2026-11.pdf"),
        (("list", "C01"), "清单.xlsx", "/v1/lists/C01.xlsx"),
        (("agreement", "project:C01:1"), "协议.docx", "/v1/projects/project:C01:1/agreement.docx"),
        (("disposal", "DG-7", "-n", "2"), "反馈单.json", "/v1/orders/case-7/disposal.json?number=2"),
        (("rating", "DG-7"), "评分单.pdf", "/v1/cases/case-7/rating.pdf"),
    ],
)
def test_the_ending_says_which_form_is_fetched(
    service: HTTPServer, tmp_path: Path, arguments: tuple[str, ...], name: str, path: str
) -> None:
    assert run(*arguments, "--out", tmp_path / name).exit_code == OK
    assert (tmp_path / name).read_text() == path
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("arguments", "name", "code"),
    [
        (("minutes", "meeting:S01:3"), "a.pdf", CHECK_FAILED),
        (("notice", "meeting:S01:99"), "a.docx", WRONG_USAGE),
        (("annual", "S01", "2026"), "a.xlsx", WRONG_USAGE),
        (("supplement", "meeting:S01:3", "1"), "a.txt", WRONG_USAGE),
        (("ledger",), "none/a.xlsx", WRONG_USAGE),
        (("order", "DG-8"), "a.pdf", CHECK_FAILED),
        (("order", "DG-7"), "a.xlsx", WRONG_USAGE),
    ],
)
def test_what_cannot_be_had_leaves_no_file(
    service: HTTPServer, tmp_path: Path, arguments: tuple[str, ...], name: str, code: int
) -> None:
    assert run(*arguments, "--out", tmp_path / name).exit_code == code
    assert not list(tmp_path.iterdir())


def test_a_service_that_is_away_is_said_so(service: HTTPServer, tmp_path: Path) -> None:
    service.server_close()
    assert run("ledger", "--out", tmp_path / "a.xlsx").exit_code == NOT_RUNNING
    assert not list(tmp_path.iterdir())
