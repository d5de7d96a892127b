"""Bulletins from the real table of published scores, over HTTP: the newest revisions, and who may read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from openpyxl import load_workbook

from deploy.local.database import SERVICES
from deploy.local.resolver import Backing
from services.feedback.routes.bulletin import router
from shared.city.load import load
from shared.kernel.decisions import Actor
from shared.persistence.engine import connect, schema_of
from shared.shell.problems import answer_problems
from shared.shell.tokens import sign
from tests.support.stack import Cell, make_schemas
from tests.unit.feedback.test_bulletin import card, month
from tests.unit.papers.reading import pdf_text, word_text

pytestmark = pytest.mark.stack

SECRET = "s" * 32


class _Desk:
    """What the routes ask of a desk."""

    def __init__(self, cell: Cell) -> None:
        self.city, self.secret, self.engine = load("donggang"), SECRET, connect(cell.dsns["feedback"])
        self.city_code = self.city.code


@pytest.fixture(scope="module")
def published(backing: Backing) -> Cell:
    return make_schemas(backing, "donggang", SERVICES)


@pytest.fixture
async def http(published: Cell) -> Any:
    admin = await asyncpg.connect(published.dsns["admin"])
    await admin.execute(f'SET search_path TO "{schema_of("donggang", "feedback")}"')
    newer = card("S02", "street", "91.00", 2, revision=2, cause=("exclusion",))
    for score in (*month(), newer, card("donggang", "city", "80.00", period="2026-10")):
        await admin.execute(
            "INSERT INTO score (unit, period, revision, published_at, score) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT DO NOTHING",
            score["unit"], score["period"], score["revision"], datetime(2026, 12, 9, tzinfo=UTC), json.dumps(score),
        )  # fmt: skip
    await admin.close()
    desk: Any = _Desk(published)
    app = FastAPI()
    answer_problems(app)
    app.state.desk = desk
    app.include_router(router(desk))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://papers") as client:
        yield client
    await desk.engine.dispose()


def token(kind: str, code: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign(SECRET, 'donggang', Actor(kind, code))}"}


async def test_a_bulletin_has_the_newest_revision_of_every_card_and_the_citys_past(http: Any) -> None:
    desk = token("operations", "desk")
    for form, read in (("pdf", pdf_text), ("docx", word_text)):
        answer = await http.get(f"/v1/bulletins/2026-11.{form}", headers=desk)
        assert answer.status_code == 200
        assert f'filename="bulletin-2026-11.{form}"' in answer.headers["content-disposition"]
        said = read(answer.content)
        assert "91.00" in said
        assert "90.00" not in said
        assert "第2次公布" in said
    book = load_workbook(BytesIO((await http.get("/v1/bulletins/2026-11.xlsx", headers=desk)).content))
    assert [line[0].value for line in book["全市走势"].iter_rows(min_row=4, max_row=5)] == ["2026年10月", "2026年11月"]


async def test_a_period_without_published_scores_has_no_bulletin(http: Any) -> None:
    desk = token("operations", "desk")
    assert (await http.get("/v1/bulletins/2025-01.pdf", headers=desk)).json()["rule"] == "score.unpublished"
    assert (await http.get("/v1/bulletins/November.pdf", headers=desk)).json()["rule"] == "message.invalid"


async def test_a_resident_reads_no_bulletin(http: Any) -> None:
    answer = await http.get("/v1/bulletins/2026-11.pdf", headers=token("resident", "app"))
    assert (answer.status_code, answer.json()["rule"]) == (403, "actor.not_allowed")
