"""Keep the stack of a city running: start it in order, restart what dies, stop it in order, leave nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from deploy.local import clock, database, resolver
from deploy.local.folder import FILES, PROJECT, Running, Stack, keep_port, keep_secret, only_one, read_stack, write_json
from deploy.local.plan import Plan, read_plan
from deploy.local.processes import Child, Died, identity, tail
from deploy.local.pulse import Vigil, hindrances, is_ready
from deploy.local.resolver import Tell, Words
from deploy.local.topics import ensure_topics

READY_WITHIN = 90.0
"""Seconds after which a start is over although a service that lives is not ready; it is told which one, and why."""
FIRST_PAUSE, SOUND_AFTER = 0.5, 60.0
"""Seconds before a restart: doubling from the first to the plan's longest, anew after a life of `SOUND_AFTER`."""
HOPELESS = 3
"""Deaths of one service during the start after which it is given up."""


class AlreadyRunning(RuntimeError):
    """Another supervisor holds this folder."""


class Interrupted(KeyboardInterrupt):
    """Someone asked to stop while the stack was starting."""


class Supervisor:
    """Run one stack until asked to stop; to be used in the main thread, once."""

    def __init__(self, plan: Plan, tell: Tell) -> None:
        self.plan = plan
        self.stack = Stack(plan.city, plan.folder, city_file=str(plan.city_file), speed=plan.speed)
        self._tell = tell
        self._backing: resolver.Backing | None = None
        self._services: list[Child] = []
        self._waiting: dict[str, str] = {}
        self._vigil = Vigil((), {}, self._say)
        self._due: dict[str, float] = {}
        self._pauses: dict[str, float] = {}
        self._asked = 0
        self._is_starting = True

    def run(self, *, on_up: Callable[[Stack], None] = lambda _: None) -> bool:
        """Start, call `on_up`, watch until SIGINT or SIGTERM, stop; return whether the start had come to its end.

        A second signal kills what still runs. Raises `AlreadyRunning`.
        """
        with only_one(self.plan.folder) as is_alone, self._signals():
            if not is_alone:
                raise AlreadyRunning(str(self.plan.folder))
            sweep(self.plan.folder)
            self.stack.supervisor = Running(os.getpid(), identity(os.getpid()))
            self.stack.save()
            failure: Words | None = None
            try:
                self._start()
                self._is_starting = False
                self._note("waiting" if self._waiting else "ready")
                on_up(self.stack)
                self._watch()
            except Interrupted:
                pass
            except resolver.Unavailable as error:
                failure = error.words
            except Exception as error:  # whatever fails, what runs is stopped and the reason is told
                if not isinstance(error, Died):
                    traceback.print_exc(file=sys.stderr)
                failure = (f"启动失败：{error}", f"The start failed: {error}")
            finally:
                was_starting, self._is_starting = self._is_starting, False
                self._note("stopping")
                self._stop()
                if failure:
                    self._say(failure)
                self._note("failed" if failure else "stopped")
            return not was_starting and failure is None

    # -- start ------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        plan, stack = self.plan, self.stack
        self._backing = resolver.resolve(plan.folder, tell=self._say)
        stack.way, stack.kafka = self._backing.choice.way, self._backing.kafka
        stack.kafka_outside = self._backing.outside
        passwords = {name: keep_secret(plan.folder, name) for name in (*database.SERVICES, database.AUDITOR)}
        stack.dsns = asyncio.run(database.prepare(self._backing.postgres, plan.city, passwords))
        write_json(plan.folder / "dsns.json", stack.dsns, mode=0o600)
        self._say((f"数据库角色与模式已就绪（{plan.city}）", f"database roles and schemas are ready ({plan.city})"))
        if plan.topics:
            made = asyncio.run(ensure_topics(stack.kafka, plan.topics))
            self._say(
                (
                    f"主题已就绪（{len(plan.topics)} 个，新建 {len(made)}）",
                    f"{len(plan.topics)} topics, {len(made)} new",
                )
            )
        for service in plan.migrations:
            from shared.persistence.migrate import migrate

            migrate(stack.dsns["admin"], plan.city, service)
        if plan.migrations:
            self._say(("数据表已更新", "tables are up to date"))
        asyncio.run(clock.start_clock(stack.dsns["admin"], plan.city, plan.speed, virtual_at=plan.virtual_at))
        self._start_services()

    def _start_services(self) -> None:
        ports = {name: keep_port(self.plan.folder, f"{name}-http") for name in self.plan.commands}
        urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        for name, command in self.plan.commands.items():
            settings = {
                "SIDAN_CITY_FILE": str(self.plan.city_file),
                "SIDAN_KAFKA": self.stack.kafka,
                "SIDAN_POSTGRES": self.stack.dsns[name],
                "SIDAN_HTTP_PORT": str(ports[name]),
                "SIDAN_SERVICES": json.dumps(urls),
                "SIDAN_SECRET": self.stack.secret,
                "SIDAN_LOG_LEVEL": os.environ.get("SIDAN_LOG_LEVEL", "INFO"),
                "SIDAN_DATA": str(self.plan.folder / FILES),
                "PYTHONUNBUFFERED": "1",
            }
            log = self.plan.folder / "logs" / f"{name}.log"
            self._services.append(Child(name, command, log, env={**os.environ, **settings}, cwd=str(PROJECT)))
            self.stack.processes[name] = Running(0, "", url=urls[name])
        for service in self._services:
            service.start()
        self._note("starting")
        self._vigil = Vigil(self._services, urls, self._say)
        self._waiting = dict(urls)
        self._await_ready()

    def _await_ready(self) -> None:
        """Wait for every service; one that keeps ending fails the start, one that lives may need a person's help."""
        end = time.monotonic() + READY_WITHIN
        while self._waiting and time.monotonic() < end:
            self._restart_the_dead()
            self._vigil.keep()
            for service in self._services:
                if service.name in self._waiting and service.restarts >= HOPELESS:
                    raise Died(f"{service.name} keeps ending; see {service.log}\n{tail(service.log)}")
            self._greet([name for name, url in self._waiting.items() if is_ready(url)])
            time.sleep(0.1 if self._waiting else 0)
        for name, url in self._waiting.items():
            why = "; ".join(hindrances(url))
            self._say((f"服务 {name} 未就绪：{why}", f"service {name} is not ready: {why}"))

    def _greet(self, ready: Sequence[str]) -> None:
        for name in ready:
            del self._waiting[name]
            self._say((f"服务 {name} 已就绪", f"service {name} is ready"))

    # -- watch ------------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        beat = time.monotonic()
        while not self._asked:
            self._restart_the_dead()
            self._vigil.keep()
            if ready := [name for name in self._waiting if self._vigil.was_ready(name)]:
                self._greet(ready)
                self._note("waiting" if self._waiting else "ready")
            if time.monotonic() - beat > clock.BEAT:
                beat = time.monotonic()
                with suppress(Exception):  # a database that is away is back before the clock needs it
                    asyncio.run(clock.write_clock(self.stack.dsns["admin"], self.plan.city))
                for child in self._children:
                    child.bound_log()
            time.sleep(0.1)

    @property
    def _children(self) -> list[Child]:
        return [*(self._backing.children if self._backing else ()), *self._services]

    def _restart_the_dead(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.is_alive():
                continue
            if child.name not in self._due:
                pause = FIRST_PAUSE if now - child.started > SOUND_AFTER else self._pauses.get(child.name, FIRST_PAUSE)
                self._due[child.name] = now + pause
                self._pauses[child.name] = min(2 * pause, self.plan.longest_pause)
                self._say(
                    (f"{child.name} 已退出，{pause:g} 秒后重启", f"{child.name} ended; it is restarted in {pause:g} s")
                )
            elif now >= self._due[child.name]:
                del self._due[child.name]
                child.restarts += 1
                child.start()
                self._note(self.stack.state)

    # -- stop -------------------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        """Services first, then Kafka, then PostgreSQL: at most 12 + 10 + 8 s, by then all are killed."""
        for service in self._services:
            service.ask()
        for service in self._services:
            service.stop()
        if self._services:
            self._say(("服务已停止", "services have stopped"))
        if self.stack.dsns and not self._must_hurry():
            with suppress(Exception):  # a database that is away keeps a row that start_clock can read
                asyncio.run(clock.write_clock(self.stack.dsns["admin"], self.plan.city, rate=0))
        if self._backing is not None:
            self._backing.stop()
            self._say(("Kafka 与 PostgreSQL 已停止", "Kafka and PostgreSQL have stopped"))

    def _must_hurry(self) -> bool:
        return self._asked > 1

    @contextmanager
    def _signals(self) -> Iterator[None]:
        wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._on_signal) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._asked += 1
        if self._must_hurry():
            for child in self._children:
                if child.process is not None and child.process.returncode is None:
                    with suppress(ProcessLookupError):
                        os.killpg(child.process.pid, signal.SIGKILL)
        elif self._is_starting:
            raise Interrupted

    # -- telling ----------------------------------------------------------------------------------------------------

    def _say(self, words: Words) -> None:
        self.stack.steps = [*self.stack.steps, words][-200:]
        with suppress(OSError):  # a closed terminal must not keep us from stopping in order
            self._tell(words)
        self._note(self.stack.state)

    def _note(self, state: str) -> None:
        self.stack.state = state
        for child in self._children:
            known = self.stack.processes.get(child.name, Running(0, ""))
            mark = identity(child.pid) if child.pid else ""
            self.stack.processes[child.name] = Running(child.pid, mark, child.restarts, known.url)
        self.stack.save()


def sweep(folder: Path) -> None:
    """End what an earlier supervisor of this folder left, if the kernel did not; only what is surely the same run."""
    old = read_stack(folder)
    for running in old.processes.values() if old else ():
        if running.is_alive():
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)


def main() -> int:
    """Run the plan in the file named on the command line; its log is the standard output."""
    plan = read_plan(Path(sys.argv[1]))

    def tell(words: Words) -> None:
        print(time.strftime("%H:%M:%S"), *words, sep="  ", flush=True)

    try:
        return 0 if Supervisor(plan, tell).run() else 1
    except AlreadyRunning:
        return 1


if __name__ == "__main__":
    sys.exit(main())
