"""A city file as it was written: its values, the line of each, and what is given twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Lines:
    """The parsed values with the tree of nodes they were read from."""

    root: yaml.Node | None
    data: Any

    def at(self, *path: str | int) -> int:
        """Return the line of a value by keys and places, or of the deepest part of the path that exists."""
        node, line = self.root, 1
        for step in path:
            found = _step(node, step)
            if found is None:
                break
            node, line = found
        return line

    def repeated(self) -> Iterator[tuple[str, int]]:
        """Yield each key that one mapping gives twice, with the line of the second."""
        yield from _repeated(self.root)


def read(raw: bytes) -> Lines:
    """Return a file's values and lines. Raises yaml.YAMLError for what is no YAML."""
    root = yaml.compose(raw, Loader=_Loader)
    return Lines(root, yaml.load(raw, Loader=_Loader))  # noqa: S506 - a safe loader


def _step(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item, item.start_mark.line + 1
    return None


def _repeated(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.value, key.start_mark.line + 1
            seen.add(key.value)
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)
