"""What a stack is to run, written down so that a supervisor in the background reads the same."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.local.database import SERVICES
from deploy.local.folder import folder_of, read_json, write_json


@dataclass(frozen=True)
class Topic:
    """Partitions and settings of a topic."""

    partitions: int
    config: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """One stack: a city, its topics, its processes, the speed of its clock."""

    city: str
    folder: Path
    city_file: Path
    topics: Mapping[str, Topic] = field(default_factory=dict)
    commands: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Service -> command line; the order is the order of starting."""
    migrations: Sequence[str] = ()
    """Services whose schema is brought up to date before they start."""
    speed: float = 1.0
    virtual_at: datetime | None = None
    """When the clock begins, if it has not begun yet; None is now."""
    longest_pause: float = 30.0
    """Seconds; a process that dies again and again is started anew at most this late."""

    def save(self) -> Path:
        """Write it into the stack's folder."""
        path = self.folder / "plan.json"
        content = {
            "city": self.city,
            "folder": str(self.folder),
            "city_file": str(self.city_file),
            "topics": {name: [topic.partitions, dict(topic.config)] for name, topic in self.topics.items()},
            "commands": {name: list(command) for name, command in self.commands.items()},
            "migrations": list(self.migrations),
            "speed": self.speed,
            "virtual_at": self.virtual_at.isoformat() if self.virtual_at else None,
            "longest_pause": self.longest_pause,
        }
        write_json(path, content)
        return path


def read_plan(path: Path) -> Plan:
    """Return what `Plan.save` wrote."""
    content: dict[str, Any] = read_json(path)
    at = content.pop("virtual_at")
    return Plan(
        **content
        | {
            "folder": Path(content["folder"]),
            "city_file": Path(content["city_file"]),
            "topics": {name: Topic(partitions, config) for name, (partitions, config) in content["topics"].items()},
            "virtual_at": datetime.fromisoformat(at) if at else None,
        }
    )


def plan_for(city: str, *, folder: Path | None = None, speed: float = 1.0, virtual_at: datetime | None = None) -> Plan:
    """Return the plan of a city of `deploy/cities` with its five services; CityError when there is no such."""
    from shared.city.load import load, path_of
    from shared.contracts.topics import topics

    city_file = path_of(city)
    loaded = load(city_file)
    subscribed = [department.code for department in loaded.departments.values() if department.reply_path == "stream"]
    wanted = topics(loaded.code, loaded.sources, subscribed)
    return Plan(
        city=loaded.code,
        folder=(folder or folder_of(loaded.code)).resolve(),
        city_file=city_file.resolve(),
        topics={name: Topic(topic.partitions, topic.config) for name, topic in wanted.items()},
        commands={name: (sys.executable, "-m", f"services.{name}") for name in SERVICES},
        migrations=SERVICES,
        speed=speed,
        virtual_at=virtual_at,
    )
