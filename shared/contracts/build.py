"""Write or check everything that follows from the contracts: schemas, AsyncAPI document, picture of the streams.

`python -m shared.contracts.build` writes; `--check` changes nothing and fails on drift and on an incompatible change
against the schemas in the tree. Writing refuses an incompatible change too: a new meaning is a new version of the type.
Only while a type has never been used may its schema file be deleted by hand, so that the next build writes it anew.
Exit code 0 if all is well, 1 if not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from shared.contracts import asyncapi
from shared.contracts.base import Contract, all_types
from shared.contracts.compatibility import RULES, breaks
from shared.contracts.topics import STREAMS, Stream

HOME = Path(__file__).parent
EXAMPLES = HOME / "examples"
GENERATED = HOME / "generated"
_SCHEMAS = "schemas"


def types() -> dict[str, type[Contract]]:
    """Return every type that the contract modules declare, by name."""
    ours = {name: c for name, c in all_types().items() if c.__module__.startswith(f"{__package__}.")}
    return dict(sorted(ours.items()))


def schema_of(contract: type[Contract]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a type's value."""
    schema = contract.model_json_schema()
    schema["description"] = asyncapi.summary(contract)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:sidan:{contract.TYPE}",
        "x-stated-by": contract.SERVICE,
    }
    return {**head, **schema}


def artefacts() -> dict[str, str]:
    """Return every generated file by its path below `generated`."""
    found = {f"{_SCHEMAS}/{name}.json": _json(schema_of(c)) for name, c in types().items()}
    document = asyncapi.document(types())
    found["asyncapi.yaml"] = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    found["streams.md"] = picture()
    return found


def picture() -> str:
    """Return who writes and reads which stream, as a picture and as a table."""
    lines = ["# 数据流 Streams", "", "```mermaid", "flowchart LR"]
    people = dict.fromkeys(w for s in STREAMS for w in (*asyncapi.writers(s), *s.readers))
    lines += [f"    {name}{_box(name)}" for name in people]
    for stream in STREAMS:
        node = stream.name.replace(".<", "_").rstrip(">") + "_stream"
        label = stream.name.replace("<", "‹").replace(">", "›")
        lines.append(f'    {node}[("{label}")]')
        lines += [f"    {writer} --> {node}" for writer in asyncapi.writers(stream)]
        lines += [f"    {node} --> {reader}" for reader in stream.readers]
    lines += [
        "```",
        "",
        "| Stream | Writes | Read by | Key | Partitions | Kept | What |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_row(stream) for stream in STREAMS]
    lines += ["", "## 消息 Types", ""]
    for stream in STREAMS:
        names = ", ".join(f"[`{c.TYPE}`](schemas/{c.TYPE}.json)" for c in sorted(stream.types, key=lambda c: c.TYPE))
        lines += [f"- **{stream.name}**: {names}"]
    desk = [name for name, c in types().items() if not any(c in s.types for s in STREAMS)]
    lines += ["", "By HTTP only: " + ", ".join(f"[`{name}`](schemas/{name}.json)" for name in desk), ""]
    return "\n".join(lines)


def problems(generated: Path = GENERATED, examples: Path = EXAMPLES) -> list[str]:
    """Return what is wrong with the tree, each with file, field and rule: incompatible, drifted, without example."""
    wanted, found = artefacts(), incompatible(generated)
    for name, text in wanted.items():
        file = generated / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            found.append(f"{_shown(file)}: 与代码不一致，请运行 python -m shared.contracts.build / drifted, run it")
    for name in types():
        if not (examples / f"{name}.json").exists():
            found.append(f"{_shown(examples / name)}.json: 缺少示例 / example missing")
    return found


def incompatible(generated: Path = GENERATED) -> list[str]:
    """Return each incompatible change of the code against the schemas in the tree."""
    kept = {file.stem: _read(file) for file in sorted((generated / _SCHEMAS).glob("*.json"))}
    lines = []
    for change in breaks(kept, {name: schema_of(c) for name, c in types().items()}):
        file = _shown(generated / _SCHEMAS / f"{change.type}.json")
        chinese, english = RULES[change.rule]
        lines.append(f"{file}: {change.field or '-'}: {change.rule}: {chinese} / {english}")
    return lines


def write(generated: Path = GENERATED) -> list[str]:
    """Write every generated file and return nothing, or return the incompatible changes and write nothing."""
    found = incompatible(generated)
    if found:
        return found
    for name, text in artefacts().items():
        file = generated / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
    return []


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m shared.contracts.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="只检查，不写入 / change nothing, fail on drift or breaks")
    found = problems() if parser.parse_args(arguments).check else write()
    for line in found:
        print(line, file=sys.stderr)
    if not found:
        print(f"契约一致：{len(types())} 种消息，{len(STREAMS)} 类数据流 / contracts are in order")
    return 1 if found else 0


def _box(name: str) -> str:
    return f"([{name}])" if name in asyncapi.OUTSIDE else f"[{name}]"


def _row(stream: Stream) -> str:
    kept = "for ever" if stream.state else "7 days"
    writes, reads = ", ".join(asyncapi.writers(stream)), ", ".join(stream.readers)
    return f"| `{stream.name}` | {writes} | {reads} | {stream.key} | {stream.partitions} | {kept} | {stream.about} |"


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _read(file: Path) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


def _shown(file: Path) -> str:
    root = HOME.parents[1]
    return str(file.relative_to(root)) if file.is_relative_to(root) else str(file)


if __name__ == "__main__":
    raise SystemExit(main())
