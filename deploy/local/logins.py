"""Logins of departments and sources with software of their own: each has its own streams, and nothing else."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from deploy.local.topics import ensure_topics
from shared.contracts.topics import TopicConfig, login_of, source_login_of, topic_name, topics

ITERATIONS = range(8192, 12_288)
"""Rounds of hashing that a guess at a password from the broker's own records costs; drawn anew with each password, so
that the broker's answer tells the new one from the old."""
_WITHIN = 20.0


class NoLogins(RuntimeError):
    """The broker keeps no logins or no rights, or cannot be reached; the message is the broker's."""


@dataclass(frozen=True)
class Login:
    """What a program needs to connect. The password is nowhere else: the broker keeps salted hashes of it."""

    login: str
    password: str = field(repr=False)
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    groups: str
    """What the names of its reader groups begin with."""


def open_department(kafka: str, city: str, department: str) -> Login:
    """Give a department its two topics, a login with a new password, and rights on these two topics alone.

    Done again it changes the password: open connections go on, new ones need the new one. Raises `NoLogins`.
    """
    orders, replies = (topic_name(city, f"{family}.{department}") for family in ("orders", "replies"))
    return _open(kafka, login_of(city, department), (orders,), (replies,), topics(city, (), (department,)))


def open_source(kafka: str, city: str, source: str) -> Login:
    """Give a source its three topics, a login with a new password, and rights on these three topics alone.

    It writes reports and ratings and reads receipts. Done again it changes the password. Raises `NoLogins`.
    """
    reports, ratings, receipts = (
        topic_name(city, f"{family}.{source}") for family in ("reports", "ratings", "receipts")
    )
    login = source_login_of(city, source)
    return _open(kafka, login, (receipts,), (reports, ratings), topics(city, (source,), ()))


def _open(
    kafka: str, name: str, reads: tuple[str, ...], writes: tuple[str, ...], known: Mapping[str, TopicConfig]
) -> Login:
    found = Login(name, secrets.token_urlsafe(24), reads, writes, f"{name}.")
    own = {topic: config for topic, config in known.items() if topic in (*reads, *writes)}
    admin = AdminClient({"bootstrap.servers": kafka, "socket.timeout.ms": 10_000, "log_level": 0})
    try:
        _await(admin.create_acls(_rights(found)))  # first: a broker without rights must not get a login either
        asyncio.run(ensure_topics(kafka, own))
        _let_in(admin, found)
    except KafkaException as failure:
        raise NoLogins(failure.args[0].str()) from None
    return found


def _rights(login: Login) -> list[AclBinding]:
    literal, prefixed = ResourcePatternType.LITERAL, ResourcePatternType.PREFIXED
    return [
        AclBinding(kind, name, pattern, f"User:{login.login}", "*", operation, AclPermissionType.ALLOW)
        for kind, name, pattern, operation in (
            *((ResourceType.TOPIC, topic, literal, AclOperation.READ) for topic in login.reads),
            *((ResourceType.TOPIC, topic, literal, AclOperation.WRITE) for topic in login.writes),
            (ResourceType.GROUP, login.groups, prefixed, AclOperation.READ),
        )
    ]


def _let_in(admin: AdminClient, login: Login) -> None:
    """Set the password and return once the broker, which hears of it from its controller, knows it."""
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, secrets.choice(ITERATIONS))
    _await(
        admin.alter_user_scram_credentials([UserScramCredentialUpsertion(login.login, info, login.password.encode())])
    )
    end = time.monotonic() + _WITHIN
    while not _knows(admin, login.login, info.iterations):
        if time.monotonic() > end:
            raise NoLogins(f"{login.login}: the broker does not show the new credential within {_WITHIN:.0f} s")
        time.sleep(0.02)


def _knows(admin: AdminClient, login: str, iterations: int) -> bool:
    try:
        asked: Any = admin.describe_user_scram_credentials([login])
        found = asked[login].result(_WITHIN)
    except KafkaException as failure:
        if failure.args[0].code() == KafkaError.RESOURCE_NOT_FOUND:
            return False
        raise
    return any(info.iterations == iterations for info in found.scram_credential_infos)


def _await(asked: Mapping[Any, Future[Any]]) -> None:
    for answer in asked.values():
        answer.result(_WITHIN)
