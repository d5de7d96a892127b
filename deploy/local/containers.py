"""Kafka and PostgreSQL as containers, where a Docker engine answers; testcontainers removes them if we die."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.folder import keep_port, keep_secret

KAFKA_IMAGE = "apache/kafka:4.2.0"
POSTGRES_IMAGE = "postgres:18"


def is_engine_there() -> bool:
    """Ask for a Docker engine, at most 2 s."""
    import docker

    try:
        client = docker.from_env(timeout=2)
    except docker.errors.DockerException:
        return False
    try:
        return bool(client.ping())
    except Exception:  # the client raises what requests and urllib3 raise
        return False
    finally:
        client.close()


@dataclass
class Containers:
    """The two running containers and how to reach them."""

    kafka: str
    outside: str
    postgres: str
    running: list[Any]

    def stop(self) -> None:
        """Stop Kafka, then PostgreSQL, and remove the containers; their volumes keep the data."""
        for container in reversed(self.running):
            with suppress(Exception):  # the engine may be gone, the other one still has to be stopped
                container.get_wrapped_container().stop(timeout=10)
                container.stop(force=True, delete_volume=False)


def start(folder: Path) -> Containers:
    """Start both on kept ports with their data in named volumes of this stack."""
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.waiting_utils import wait_for_logs

    volumes = _volumes(folder)
    postgres_port, kafka_port = keep_port(folder, "postgres"), keep_port(folder, "kafka")
    outside_port = keep_port(folder, "kafka-outside")
    password = keep_secret(folder, "postgres")
    _evict(volumes)
    running: list[Any] = []
    containers = Containers(
        f"127.0.0.1:{kafka_port}",
        f"127.0.0.1:{outside_port}",
        f"postgresql://postgres:{password}@127.0.0.1:{postgres_port}/postgres",
        running,
    )
    try:
        postgres = (
            DockerContainer(POSTGRES_IMAGE)
            .with_env("POSTGRES_PASSWORD", password)
            .with_env("TZ", "Asia/Shanghai")
            .with_volume_mapping(volumes["postgres"], "/var/lib/postgresql", "rw")
            .with_command("postgres -c max_connections=200")
            .with_kwargs(restart_policy={"Name": "on-failure"})
        )
        _bind(postgres, 5432, postgres_port)
        running.append(postgres)
        postgres.start()
        wait_for_logs(postgres, r"(?s)listening on IPv4.*database system is ready to accept connections", timeout=60)
        kafka = DockerContainer(KAFKA_IMAGE)
        _bind(kafka, 9092, kafka_port)
        _bind(kafka, 9094, outside_port)
        for name, value in _kafka_settings(kafka_port, outside_port).items():
            kafka = kafka.with_env(name, value)
        kafka = kafka.with_volume_mapping(volumes["kafka"], "/var/lib/kafka/data", "rw").with_kwargs(
            restart_policy={"Name": "on-failure"}
        )
        running.append(kafka)
        kafka.start()
        wait_for_logs(kafka, "Kafka Server started", timeout=60)
    except BaseException:
        containers.stop()
        raise
    return containers


def erase(folder: Path) -> None:
    """Remove the volumes of this stack."""
    import docker

    volumes = _volumes(folder)
    _evict(volumes)
    client = docker.from_env(timeout=30)
    for name in volumes.values():
        with suppress(docker.errors.NotFound):
            client.volumes.get(name).remove(force=True)
    client.close()


def _evict(volumes: Mapping[str, str]) -> None:
    """Remove containers of a stack that was killed: two servers on one volume would each think it theirs alone."""
    import docker

    client = docker.from_env(timeout=30)
    for name in volumes.values():
        for container in client.containers.list(all=True, filters={"volume": name}):
            with suppress(docker.errors.APIError):  # it is being removed already
                container.remove(force=True)
    client.close()


def _bind(container: Any, inside: int, outside: int) -> None:
    container.ports[f"{inside}/tcp"] = ("127.0.0.1", outside)  # with_bind_ports would open it to the network


def _volumes(folder: Path) -> dict[str, str]:
    mark = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    return {part: f"sidan-{mark}-{part}" for part in ("postgres", "kafka")}


def _kafka_settings(port: int, outside: int) -> dict[str, str]:
    # One KAFKA_ variable replaces the image's whole configuration, so all of it is here. Who may come through which
    # door: see deploy/local/kafka.py.
    return {
        "CLUSTER_ID": "iuSfcbVeSX-if8YyTpIdkA",
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "CONTROLLER://:29093,HOST://:9092,OUTSIDE://:9094,INNER://:19092",
        "KAFKA_ADVERTISED_LISTENERS": (
            f"HOST://127.0.0.1:{port},OUTSIDE://127.0.0.1:{outside},INNER://localhost:19092"
        ),
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": (
            "CONTROLLER:PLAINTEXT,HOST:PLAINTEXT,OUTSIDE:SASL_PLAINTEXT,INNER:PLAINTEXT"
        ),
        "KAFKA_SASL_ENABLED_MECHANISMS": "SCRAM-SHA-512",
        "KAFKA_LISTENER_NAME_OUTSIDE_SCRAM___SHA___512_SASL_JAAS_CONFIG": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "KAFKA_AUTHORIZER_CLASS_NAME": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "KAFKA_SUPER_USERS": "User:ANONYMOUS",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "INNER",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:29093",
        "KAFKA_LOG_DIRS": "/var/lib/kafka/data",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_LOG_CLEANER_DEDUPE_BUFFER_SIZE": "4194304",
        "KAFKA_BROKER_SESSION_TIMEOUT_MS": "3000",
        "KAFKA_BROKER_HEARTBEAT_INTERVAL_MS": "500",
    }
