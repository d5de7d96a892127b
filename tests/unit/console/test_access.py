"""Who comes in, who stays out, and what may be done from a page: over HTTP, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console import filters
from services.console.access import accounts, gateway, raising, sign_in
from services.console.access.acts import ACTS, PAPERS
from services.console.access.gateway import Owners
from services.console.access.guard import FORBIDDEN, Guard
from services.console.access.roles import PLACES, Post, Role, check_post, place_of
from services.console.field import grid
from services.console.field.counter import Counter
from services.console.field.page import Pages
from services.console.reader import SESSION
from shared.city.load import load
from shared.city.model import City
from shared.kernel.decisions import Actor
from shared.kernel.refusals import Refused
from shared.persistence.engine import connect
from shared.shell.problems import answer_problems
from shared.shell.tokens import read
from tests.support.console_stack import SECRET, read_model

pytestmark = pytest.mark.stack
ORIGIN = {"Origin": "http://console"}
PASSWORD = "a long pass phrase"
AT = {
    Role.GRID: "C01-G01-B1", Role.COMMUNITY: "C01", Role.STREET: "S01", Role.CLERK: "gardens", Role.HEAD: "gardens",
    Role.CONVENER: "C01", Role.RECORDER: "C01",
}  # fmt: skip
SEAT = "vice-mayor-construction"


@pytest.fixture(scope="module")
def city() -> City:
    return load("donggang")


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with read_model(tmp_path_factory.mktemp("access") / "data") as dsn:
        yield dsn


class Door:
    """The console's doors with a stand-in owner behind the gateway that says who asked it."""

    def __init__(self, engine: AsyncEngine, city: City) -> None:
        self.engine, self.city = engine, city
        app = FastAPI()
        answer_problems(app)
        app.include_router(sign_in.router(engine))
        owners = Owners(dict.fromkeys({act.service for act in ACTS}, "http://owner"), SECRET, city)
        owners._http = httpx.AsyncClient(transport=httpx.ASGITransport(_owner(city)))
        app.include_router(gateway.router(owners, engine))
        app.include_router(raising.router(owners, engine, city))
        app.include_router(filters.router(engine))
        self.grid = grid.router(Pages(city, "12345"), Counter(owners, city), engine)
        app.include_router(self.grid)

        @app.get("/{path:path}")
        async def anything(path: str) -> dict[str, str]:
            return {"shown": f"/{path}"}

        app.add_middleware(Guard, engine=engine)
        self.app = app

    def visitor(self, key: str = "") -> httpx.AsyncClient:
        cookies = {SESSION: key} if key else {}
        transport = httpx.ASGITransport(self.app, client=("10.0.0.9", 1))
        return httpx.AsyncClient(transport=transport, base_url="http://console", cookies=cookies)

    async def session(self, *posts: Post, login: str = "") -> str:
        login = login or "-".join(f"{post.role}.{post.at}" for post in posts)
        async with self.engine.begin() as conn:
            await accounts.add(conn, login, login, posts, None, None)
            return await accounts.begin(conn, login)


def _owner(city: City) -> FastAPI:
    owner = FastAPI()

    @owner.api_route("/{path:path}", methods=["GET", "POST"])
    async def answer(path: str, request: Request) -> dict[str, Any]:
        actor = read(SECRET, city.code, request.headers["authorization"].removeprefix("Bearer "))
        return {"who": f"{actor.kind}.{actor.id}", "key": request.headers.get("idempotency-key"),
                "built_on": request.headers.get("if-match"), "body": (await request.body()).decode()}  # fmt: skip

    return owner


@pytest.fixture
async def door(dsn: str, city: City) -> AsyncIterator[Door]:
    engine = connect(dsn)
    async with engine.begin() as conn:
        await conn.execute(text("DELETE FROM attempt"))
        await conn.execute(text("DELETE FROM account"))
    yield Door(engine, city)
    await engine.dispose()


def _is_forbidden(answer: httpx.Response) -> bool:
    """Tell whether the page was shown that says whose it is."""
    return answer.text == f'{{"shown":"{FORBIDDEN}"}}'


def _post(role: Role, city: City) -> Post:
    if role is Role.CHARGE:
        return Post(role, city.root.code, SEAT)
    return Post(role, AT.get(role, city.root.code))


async def test_a_password_lets_in_and_a_wrong_one_is_told_from_nothing(door: Door) -> None:
    async with door.engine.begin() as conn:
        await accounts.add(conn, "li", "Li", [Post(Role.OPERATIONS, "donggang")], PASSWORD, None)
    async with door.visitor() as http:
        for login, password in (("li", "wrong password"), ("nobody", PASSWORD)):
            sent = await http.post("/login", data={"login": login, "password": password, "next": "/cases"})
            assert sent.headers["location"] == "/login?next=%2Fcases&why=login.wrong&seconds="
        sent = await http.post("/login", data={"login": "li", "password": PASSWORD, "next": "/cases?state=open"})
        assert (sent.status_code, sent.headers["location"]) == (303, "/cases?state=open")
        cookie = sent.headers["set-cookie"]
        assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/"))
        assert (await http.get("/cases")).json() == {"shown": "/cases"}
        async with door.engine.connect() as conn:
            kept = (await conn.execute(text("SELECT password FROM account"))).scalar_one()
            mark = (await conn.execute(text("SELECT id FROM session"))).scalar_one()
        assert kept.startswith("$argon2id$")
        assert sent.cookies[SESSION].encode() not in bytes(mark)
        await http.post("/logout", headers=ORIGIN)
        assert (await http.get("/cases")).headers["location"] == "/login?next=%2Fcases"


@pytest.mark.parametrize(
    "aim", ["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:1", "/\n/x"]
)
async def test_no_address_of_another_site_is_gone_to(door: Door, aim: str) -> None:
    async with door.engine.begin() as conn:
        await accounts.add(conn, "li", "Li", [Post(Role.OPERATIONS, "donggang")], PASSWORD, None)
    async with door.visitor() as http:
        sent = await http.post("/login", data={"login": "li", "password": PASSWORD, "next": aim})
    assert sent.headers["location"] == "/"


async def test_guessing_has_to_wait_even_with_the_right_password(door: Door) -> None:
    async with door.engine.begin() as conn:
        await accounts.add(conn, "li", "Li", [Post(Role.OPERATIONS, "donggang")], PASSWORD, None)
    async with door.visitor() as http:
        for _ in range(accounts.MOST_WRONG):
            await http.post("/login", data={"login": "li", "password": "guess after guess"})
        sent = await http.post("/login", data={"login": "li", "password": PASSWORD})
        assert "why=http.too_often" in sent.headers["location"]
        async with door.engine.begin() as conn:
            await conn.execute(text("UPDATE attempt SET at = at - interval '16 minutes'"))
        sent = await http.post("/login", data={"login": "li", "password": PASSWORD})
        assert sent.headers["location"] == "/"


async def test_a_session_ends_by_age_by_idleness_by_a_disabled_account_and_by_a_lost_post(door: Door) -> None:
    ends = (
        "UPDATE session SET ends_at = now()",
        "UPDATE session SET seen_at = now() - interval '3 hours'",
        "UPDATE account SET disabled_at = now()",
        "UPDATE account_post SET unit = 'S02'",
    )
    for n, end in enumerate(ends):
        key = await door.session(Post(Role.STREET, "S01"), login=f"street-{n}")
        async with door.visitor(key) as http:
            assert (await http.get("/cases")).status_code == 200
            async with door.engine.begin() as conn:
                await conn.execute(text(end))
            assert (await http.get("/cases")).status_code == 303, end


async def test_another_site_can_send_nothing_in_ones_name(door: Door, city: City) -> None:
    key = await door.session(_post(Role.OPERATIONS, city))
    async with door.visitor(key) as http:
        for path in ("/act/dispatch/v1/orders/x/verify", "/logout", "/login", "/post"):
            assert (await http.post(path, headers={"Origin": "http://evil.example"})).status_code == 403
        assert (await http.get("/cases")).status_code == 200, "still signed in"


async def test_every_role_and_page_is_let_in_or_shown_whose_it_is(door: Door, city: City) -> None:
    for role in Role:
        async with door.visitor(await door.session(_post(role, city))) as http:
            for place in PLACES:
                answer = await http.get(place.path)
                if place.path == "/" and role not in place.roles:
                    assert answer.headers["location"] != "/", role
                else:
                    assert _is_forbidden(answer) is (role not in place.roles), (role, place.key)
                    assert answer.status_code == 200


async def test_every_role_and_act_goes_to_the_owner_in_that_name_or_is_refused_and_on_record(
    door: Door, city: City
) -> None:
    asked = refused = 0
    for role in Role:
        key = await door.session(_post(role, city), login=f"one-{role}")
        actor = _post(role, city).actor(f"one-{role}", city)
        who = f"{actor.kind}.{actor.id}"
        async with door.visitor(key) as http:
            for n, act in enumerate((*ACTS, *PAPERS)):
                path = f"{act.service}{act.path.format(*['x'] * act.path.count('{}'))}"
                asked += 1
                if n < len(ACTS):
                    headers = {**ORIGIN, "Idempotency-Key": f"k{n}", "If-Match": "7"}
                    answer = await http.post(f"/act/{path}", headers=headers, content=b'{"note": "seen"}')
                    told = {"who": who, "key": f"k{n}", "built_on": "7", "body": '{"note": "seen"}'}
                else:
                    answer = await http.get(f"/paper/{path}")
                    told = {"who": who, "key": None, "built_on": None, "body": ""}
                if role in act.roles:
                    assert answer.json() == told, (role, act.path)
                else:
                    refused += 1
                    assert (answer.status_code, answer.json()["rule"]) == (403, "act.not_yours"), (role, act.path)
    async with door.engine.connect() as conn:
        rows = await conn.execute(text("SELECT count(*), count(*) FILTER (WHERE rule = 'act.not_yours') FROM act"))
        assert tuple(rows.one()) == (asked, refused)


async def test_every_role_raises_a_case_or_is_told_whose_that_is_and_it_is_on_record(door: Door, city: City) -> None:
    body = {"source": "hotline", "text": "路灯不亮"}
    for role in Role:
        async with door.visitor(await door.session(_post(role, city), login=f"raises-{role}")) as http:
            answer = await http.post(raising.PATH, headers={**ORIGIN, "Idempotency-Key": "k"}, json=body)
        if role in raising.ROLES:
            assert answer.json()["who"] == "source.hotline", role
        else:
            told = answer.json()
            assert (answer.status_code, told["rule"]) == (403, "act.not_yours"), role
            assert told["title"] == "此操作由社区经办、街道派单员、指挥中心办理"
    async with door.engine.connect() as conn:
        rows = await conn.execute(text("SELECT login FROM act WHERE rule = 'act.not_yours' AND login LIKE 'raises-%'"))
        assert {row.login for row in rows} == {f"raises-{role}" for role in Role if role not in raising.ROLES}


async def test_every_address_of_the_grids_pages_is_the_grids_alone(door: Door, city: City) -> None:
    addresses = [
        (method, route.path.replace("{act}", "verify"))
        for route in door.grid.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    ]
    assert {place_of(path) for _, path in addresses} == {place_of("/g")}
    for role in set(Role) - {Role.GRID}:
        async with door.visitor(await door.session(_post(role, city), login=f"grid-{role}")) as http:
            for method, path in addresses:
                assert _is_forbidden(await http.request(method, path, headers=ORIGIN)), (role, method, path)


async def _saved(door: Door, login: str) -> list[tuple[str, str]]:
    return [(one.name, one.address) for one in await filters.of(door.engine, login)]


async def test_a_filter_is_ones_own_replaced_under_its_name_and_deleted(door: Door, city: City) -> None:
    li, wang = [door.visitor(await door.session(_post(Role.OPERATIONS, city), login=login)) for login in ("li", "wang")]
    for http, name, query in (
        (li, " 超期 ", "lang=en&state=overdue&state=overdue"), (li, "路灯", "q=%E8%B7%AF%E7%81%AF"),
        (wang, "路灯", "q=lamp"), (li, "路灯", "unit=C01&q=%E8%B7%AF%E7%81%AF"),
    ):  # fmt: skip
        answer = await http.post(filters.PATH, json={"name": name, "filter": query}, headers=ORIGIN)
        assert answer.json() == {"name": name.strip()}
    own = [("超期", "/cases?state=overdue"), ("路灯", "/cases?unit=C01&q=%E8%B7%AF%E7%81%AF")]
    assert (await _saved(door, "li"), await _saved(door, "wang")) == (own, [("路灯", "/cases?q=lamp")])
    for back, leads in (("/cases?state=open", "/cases?state=open"), ("https://evil.example", "/")):
        gone = await wang.post(f"{filters.PATH}/delete", data={"name": "路灯", "back": back}, headers=ORIGIN)
        assert (gone.status_code, gone.headers["location"]) == (303, leads)
    assert (await _saved(door, "li"), await _saved(door, "wang")) == (own, [])


@pytest.mark.parametrize(
    ("name", "query", "rule", "field"),
    [
        ("", "state=open", "message.invalid", "name"),
        ("x" * 41, "state=open", "message.invalid", "name"),
        ("a\u202eb", "state=open", "message.invalid", "name"),
        ("late", "state=late", "message.invalid", "state"),
        ("long", "q=" + "x" * 1000, "message.invalid", "filter"),
        ("all", "lang=en", "filter.empty", "filter"),
        ("one more", "state=open", "filter.too_many", "name"),
    ],
)
async def test_a_filter_that_cannot_be_saved_is_refused_with_field_and_rule(
    door: Door, city: City, name: str, query: str, rule: str, field: str
) -> None:
    async with door.visitor(await door.session(_post(Role.OPERATIONS, city), login="li")) as http:
        for n in range(filters.MOST):
            await http.post(filters.PATH, json={"name": f"{n}", "filter": "state=open"}, headers=ORIGIN)
        told = (await http.post(filters.PATH, json={"name": name, "filter": query}, headers=ORIGIN)).json()
        assert (told["rule"], told["field"]) == (rule, field), told
    assert [name for name, _ in await _saved(door, "li")] == [f"{n}" for n in range(filters.MOST)]


async def test_no_other_site_and_nobody_unknown_saves_or_deletes_a_filter(door: Door, city: City) -> None:
    async with door.visitor(await door.session(_post(Role.OPERATIONS, city), login="li")) as http:
        kept = {"name": "超期", "filter": "state=overdue"}
        await http.post(filters.PATH, json=kept, headers=ORIGIN)
        foreign = {"Origin": "http://evil.example"}
        assert (await http.post(filters.PATH, json=kept | {"name": "x"}, headers=foreign)).status_code == 403
        assert (await http.post(f"{filters.PATH}/delete", data=kept, headers=foreign)).status_code == 403
    async with door.visitor() as http:
        for answer in (
            await http.post(filters.PATH, json=kept, headers=ORIGIN),
            await http.post(f"{filters.PATH}/delete", data=kept, headers=ORIGIN),
        ):
            assert (answer.status_code, answer.json()["rule"]) == (401, "login.required")
    assert await _saved(door, "li") == [("超期", "/cases?state=overdue")]


@pytest.mark.parametrize("login", ["zhang@office.example", "张三", "", "-x", "x" * 65, "a b"])
async def test_a_login_is_a_code_since_facts_name_officers_by_it(door: Door, login: str) -> None:
    async with door.engine.begin() as conn:
        with pytest.raises(Refused, match=r"login\.no_code"):
            await accounts.add(conn, login, "Li", [Post(Role.OPERATIONS, "donggang")], PASSWORD, None)


async def test_what_is_no_act_is_not_passed_on_and_nobody_acts_without_signing_in(door: Door, city: City) -> None:
    async with door.visitor(await door.session(_post(Role.OPERATIONS, city))) as http:
        for path in ("/act/dispatch/v1/orders/x/explode", "/act/dispatch/v1/orders/x/y/verify", "/act/moon/v1/x"):
            assert (await http.post(path, headers=ORIGIN)).status_code == 404, path
        assert (await http.get("/paper/dispatch/v1/orders/x")).status_code == 404
    async with door.visitor() as http:
        answer = await http.post("/act/dispatch/v1/orders/x/verify", headers=ORIGIN)
        assert (answer.status_code, answer.json()["rule"]) == (401, "login.required")


async def test_one_goes_on_at_another_of_ones_own_posts_alone(door: Door) -> None:
    key = await door.session(Post(Role.COMMUNITY, "C01"), Post(Role.RECORDER, "C01"), login="wang")
    async with door.visitor(key) as http:
        await http.post("/post", data={"post": "recorder@C01"}, headers=ORIGIN)
        signed = await accounts.find(door.engine, key)
        assert signed is not None
        assert signed.post == Post(Role.RECORDER, "C01")
        assert (await http.post("/post", data={"post": "operations@donggang"}, headers=ORIGIN)).status_code == 409


async def test_a_leader_in_charge_signs_in_at_his_own_post_and_acts_as_it(door: Door, city: City) -> None:
    leader = Post(Role.CHARGE, city.root.code, SEAT)
    key = await door.session(leader, login="mayor")
    signed = await accounts.find(door.engine, key)
    assert signed is not None
    assert (signed.post, str(signed.post)) == (leader, f"charge@donggang:{SEAT}")
    assert signed.actor(city) == Actor("post", f"donggang:{SEAT}")
    assert {act.path.rsplit("/", 1)[1] for act in ACTS if act.service == "escalation" and Role.CHARGE in act.roles} == {
        "call", "refuse", "hold", "adopt", "supplement", "cancel", "propose", "topics"
    }  # fmt: skip


def test_a_post_is_where_its_role_can_be(city: City) -> None:
    for role in Role:
        check_post(_post(role, city), city)
    for post in (Post(Role.GRID, "C01"), Post(Role.STREET, "C01"), Post(Role.CLERK, "C01"), Post(Role.LEADER, "S01"),
                 Post(Role.CONVENER, "gardens"), Post(Role.COMMUNITY, "nowhere"), Post(Role.CHARGE, "donggang"),
                 Post(Role.CHARGE, "C01", SEAT), Post(Role.CONVENER, "C01", SEAT)):  # fmt: skip
        with pytest.raises(ValueError, match=post.place):
            check_post(post, city)


def test_no_act_is_written_down_twice() -> None:
    for lines in (ACTS, PAPERS):
        names = [(act.service, act.path) for act in lines]
        assert len(names) == len(set(names))
