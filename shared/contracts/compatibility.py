"""Find what an old reader, or an old record read by new code, would no longer understand (architecture §3).

Within a version only additions are allowed: a field may come if it need not be there, a value or a bound may widen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_ANY = "any"


@dataclass(frozen=True, slots=True)
class Break:
    """One incompatible change: in which type, at which field, against which rule."""

    type: str
    field: str
    rule: str


def breaks(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> tuple[Break, ...]:
    """Return every incompatible change from the old schemas to the new ones, both by type name."""
    found: list[Break] = []
    for name, schema in sorted(old.items()):
        if name not in new:
            found.append(Break(name, "", "type_removed"))
            continue
        compared = _Comparison(schema, new[name])
        found += [Break(name, field, rule) for field, rule in compared.of(schema, new[name], "")]
    return tuple(found)


class _Comparison:
    def __init__(self, old_root: Schema, new_root: Schema) -> None:
        self._old, self._new = old_root.get("$defs", {}), new_root.get("$defs", {})

    def of(self, old: Schema, new: Schema, field: str) -> Iterator[tuple[str, str]]:
        """Yield (field, rule) for each break between two schemas."""
        before, after = _variants(old, self._old), _variants(new, self._new)
        if before.keys() != after.keys():
            yield field, "field_retyped"
            return
        for kind, variant in before.items():
            if kind == "object":
                yield from self._object(variant, after[kind], field)
            elif kind == "array":
                yield from self._array(variant, after[kind], field)
            yield from _values(variant, after[kind], field)

    def _object(self, old: Schema, new: Schema, field: str) -> Iterator[tuple[str, str]]:
        fields, kept = old.get("properties", {}), new.get("properties", {})
        for name, schema in fields.items():
            path = f"{field}.{name}" if field else name
            if name in kept:
                yield from self.of(schema, kept[name], path)
            else:
                yield path, "field_removed"
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{field}.{name}" if field else name, "field_required"
        more, now = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if isinstance(more, Mapping) and isinstance(now, Mapping):
            yield from self.of(more, now, f"{field}.*")
        elif now is False and more is not False:
            yield field, "closed"
        elif isinstance(now, Mapping) != isinstance(more, Mapping):
            yield f"{field}.*", "field_retyped"

    def _array(self, old: Schema, new: Schema, field: str) -> Iterator[tuple[str, str]]:
        yield from self.of(old.get("items", {}), new.get("items", {}), f"{field}[]")


def _variants(schema: Schema, definitions: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the alternatives of a schema by their JSON type (and format), references followed."""
    if "$ref" in schema:
        return _variants(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions)
    if "anyOf" in schema:
        found: dict[str, Schema] = {}
        for alternative in schema["anyOf"]:
            for kind, variant in _variants(alternative, definitions).items():
                if kind in found:
                    raise ValueError(f"two alternatives of type {kind}: {schema}")
                found[kind] = variant
        return found
    kind = schema.get("type", _ANY)
    return {f"{kind}/{schema['format']}" if "format" in schema else kind: schema}


def _values(old: Schema, new: Schema, field: str) -> Iterator[tuple[str, str]]:
    """Yield what was allowed before and is not now: an old record may hold it."""
    before, after = _enumerated(old), _enumerated(new)
    if after is not None and (before is None or not before <= after):
        yield field, "value_removed"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield field, "pattern_changed"
    raised = any(name in new and (name not in old or new[name] > old[name]) for name in _LOWER)
    lowered = any(name in new and (name not in old or new[name] < old[name]) for name in _UPPER)
    if raised or lowered:
        yield field, "bound_narrowed"


def _enumerated(schema: Schema) -> frozenset[Any] | None:
    if "const" in schema:
        return frozenset((schema["const"],))
    return frozenset(schema["enum"]) if "enum" in schema else None


RULES = {
    "type_removed": ("类型已被删除", "the type was removed"),
    "field_removed": ("字段已被删除", "the field was removed"),
    "field_retyped": ("字段类型已改变", "the field has another type"),
    "field_required": ("字段成为必填", "the field has become required"),
    "value_removed": ("允许值减少", "an allowed value was removed"),
    "bound_narrowed": ("界限收窄", "a bound was narrowed"),
    "pattern_changed": ("格式已改变", "the pattern was changed"),
    "closed": ("不再接受其他字段", "further fields are no longer accepted"),
}
"""What each rule means, in both languages."""
