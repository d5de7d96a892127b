"""Where Kafka and PostgreSQL come from on this machine, decided once per stack and said aloud."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deploy.local import containers, kafka, postgres
from deploy.local.processes import Child

Way = Literal["addresses", "containers", "recipe"]
Profile = Literal["up", "test", "bench"]
Words = tuple[str, str]
"""The same sentence in Chinese and English."""
Tell = Callable[[Words], None]


class Unavailable(RuntimeError):
    """Neither Kafka nor PostgreSQL can be had; `words` says what is missing and the three ways out."""

    def __init__(self, words: Words) -> None:
        super().__init__("\n".join(words))
        self.words = words


@dataclass(frozen=True)
class Choice:
    """The way that was picked, and why."""

    way: Way
    reason: Words

    def sentence(self) -> Words:
        """Return one line for a person."""
        zh, en = _NAMES[self.way]
        return f"Kafka 与 PostgreSQL：{zh}（{self.reason[0]}）", f"Kafka and PostgreSQL: {en} ({self.reason[1]})"


_NAMES: Mapping[Way, Words] = {
    "addresses": ("使用环境变量给出的地址", "the addresses in the environment"),
    "containers": ("容器", "containers"),
    "recipe": (
        "本机直接运行（Kafka 自带程序包、PostgreSQL 程序包）",
        "run here from Kafka's jars and PostgreSQL's wheel",
    ),
}


@dataclass
class Backing:
    """Kafka and PostgreSQL that answer. `children` are the processes we started, PostgreSQL first."""

    choice: Choice
    kafka: str
    """Bootstrap servers for the platform itself."""
    outside: str
    """Bootstrap servers for those who need a login; empty where nobody named them."""
    postgres: str
    """DSN of an administrator."""
    children: Sequence[Child] = ()
    containers: containers.Containers | None = None

    def stop(self) -> None:
        """Stop what was started for this backing and only that, Kafka before PostgreSQL."""
        for child in reversed(self.children):
            child.stop()
        if self.containers is not None:
            self.containers.stop()


def choose(folder: Path, environment: Mapping[str, str] = os.environ) -> Choice:
    """Pick the way: addresses from the environment, else what holds this stack's data, else Docker, else the recipe."""
    named = [name for name in ("SIDAN_KAFKA", "SIDAN_POSTGRES") if environment.get(name)]
    if len(named) == 1:
        raise Unavailable(
            (
                f"只设置了 {named[0]}：SIDAN_KAFKA 与 SIDAN_POSTGRES 须同时设置，或都不设置",
                f"only {named[0]} is set: set both SIDAN_KAFKA and SIDAN_POSTGRES, or neither",
            )
        )
    if named:
        return Choice("addresses", ("已设置 SIDAN_KAFKA 与 SIDAN_POSTGRES", "SIDAN_KAFKA and SIDAN_POSTGRES are set"))
    if (folder / "way").exists():
        kept: Way = "containers" if (folder / "way").read_text().strip() == "containers" else "recipe"
        return Choice(kept, ("数据上次即如此存放", "this stack's data were made that way"))
    if containers.is_engine_there():
        return Choice("containers", ("有 Docker 引擎应答", "a Docker engine answers"))
    return Choice("recipe", ("没有 Docker 引擎应答", "no Docker engine answers"))


def resolve(folder: Path, *, tell: Tell, profile: Profile = "up") -> Backing:
    """Return a running Kafka and PostgreSQL for the stack in `folder`, telling which way and why.

    `profile`: "up" keeps data over a crash of the machine, "test" is quicker and does not, "bench" gives Kafka more
    memory and its full compiler. Raises `Unavailable`.
    """
    choice = choose(folder)
    tell(choice.sentence())
    if choice.way == "addresses":
        outside = os.environ.get("SIDAN_KAFKA_OUTSIDE", "")
        return Backing(choice, os.environ["SIDAN_KAFKA"], outside, os.environ["SIDAN_POSTGRES"])
    folder.mkdir(parents=True, exist_ok=True)
    is_new = not (folder / "way").exists()
    if choice.way == "containers":
        try:
            started = containers.start(folder)
        except Exception as failure:  # the engine's client raises whatever its transport raises
            if not is_new:
                raise Unavailable(_containers_failed(failure)) from failure
            choice = Choice(
                "recipe", (f"容器未能启动：{_short(failure)}", f"the containers did not start: {_short(failure)}")
            )
            tell(choice.sentence())
        else:
            (folder / "way").write_text("containers\n")
            return Backing(choice, started.kafka, started.outside, started.postgres, containers=started)
    return _run_here(folder, choice, tell=tell, profile=profile)


def _run_here(folder: Path, choice: Choice, *, tell: Tell, profile: Profile) -> Backing:
    logs = folder / "logs"
    if any(not (kafka.cache() / "maven" / path).exists() for path in kafka.paths()):
        tell(("下载 Kafka 程序包（42 MB，仅第一次）", "fetching Kafka's jars (42 MB, the first time only)"))
    try:
        broker, port, outside = kafka.prepare(
            folder, logs=logs, flags=kafka.LARGE if profile == "bench" else kafka.SMALL
        )
        server, pg_port, dsn = postgres.prepare(folder, logs=logs, is_lasting=profile != "test")
    except (ImportError, kafka.JarsMissing) as failure:
        raise Unavailable(_three_ways_out(failure)) from failure
    (folder / "way").write_text("recipe\n")
    try:
        broker.start()  # both wake up side by side
        postgres.start(server, pg_port)
        tell((f"PostgreSQL 已就绪（端口 {pg_port}）", f"PostgreSQL is ready (port {pg_port})"))
        kafka.await_open(broker, port)
        tell((f"Kafka 已就绪（端口 {port}）", f"Kafka is ready (port {port})"))
    except BaseException:
        broker.kill()
        server.stop()
        raise
    return Backing(choice, f"127.0.0.1:{port}", f"127.0.0.1:{outside}", dsn, children=(server, broker))


def erase(folder: Path) -> None:
    """Remove what a stopped stack left outside its folder: a sheltered data directory, container volumes."""
    postgres.erase(folder)
    if (folder / "way").exists() and (folder / "way").read_text().strip() == "containers":
        containers.erase(folder)


@contextmanager
def local_stack(folder: Path, profile: Profile = "test", *, tell: Tell = lambda _: None) -> Iterator[Backing]:
    """Lend a running Kafka and PostgreSQL and stop them afterwards; what a test wrote outside `folder` goes as well.

    To be entered from the main thread.
    """
    backing = resolve(folder, tell=tell, profile=profile)
    try:
        yield backing
    finally:
        backing.stop()
        if profile == "test":
            erase(folder)


def _short(failure: BaseException) -> str:
    return (str(failure).strip().splitlines() or [type(failure).__name__])[0][:200]


def _containers_failed(failure: BaseException) -> Words:
    return (
        f"本套环境的数据存放在 Docker 卷中，但容器未能启动：{_short(failure)}。请启动 Docker，或用 make clean 重新开始",
        f"This stack's data are in Docker volumes, but the containers did not start: {_short(failure)}. "
        "Start Docker, or begin anew with make clean",
    )


def _three_ways_out(failure: BaseException) -> Words:
    what = _short(failure)
    return (
        f"缺少：{what}\n三种办法：\n"
        "  1. 联网后再执行一次（下载一次即可，之后无需网络）；公司内部镜像可写入 ~/.config/jgo.conf 的 [repositories]\n"
        "  2. 启动 Docker，将改用容器\n"
        "  3. 设置 SIDAN_KAFKA（如 127.0.0.1:9092）与 SIDAN_POSTGRES（管理员 DSN），使用已有的服务",
        f"Missing: {what}\nThree ways out:\n"
        "  1. run it once with a network (later starts need none); a company mirror goes to [repositories] in "
        "~/.config/jgo.conf\n"
        "  2. start Docker, and containers are used\n"
        "  3. set SIDAN_KAFKA (such as 127.0.0.1:9092) and SIDAN_POSTGRES (an administrator's DSN) to use your own",
    )
