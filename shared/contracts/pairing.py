"""Wire and domain say the same thing twice on purpose; this pairs them by name and turns one into the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any, Protocol

import msgspec

from shared.contracts.base import Contract


class Wire(Protocol):
    """What turns contracts into what a service's rules speak of, and back."""

    def hears(self, kind: type[Contract]) -> bool:
        """Tell whether the service cares for this type at all."""
        ...

    def to_domain(self, wire: Contract) -> Any:
        """Return the domain's form, or None where the service does not care for this type."""
        ...

    def to_wire(self, value: Any) -> Contract:
        """Return the contract."""
        ...


class Unpaired:
    """A service without rules of its own reads the contracts themselves."""

    def hears(self, kind: type[Contract]) -> bool:
        """Hear everything."""
        return True

    def to_domain(self, wire: Contract) -> Contract:
        """Return it as it is."""
        return wire

    def to_wire(self, value: Any) -> Contract:
        """Refuse: such a service states nothing."""
        raise TypeError(f"{type(value).__name__} cannot be stated here")


class Pairing:
    """Pair the dataclasses of a service's domain modules with the contract classes of the same names.

    A domain class may have fewer fields than its contract where the service only hears it; what the service states must
    have every required field. Raises ValueError for a domain field that its contract does not know.
    """

    def __init__(self, contracts: Iterable[ModuleType], domain: Iterable[ModuleType]) -> None:
        by_name = {c.__name__: c for m in contracts for c in vars(m).values() if _is_contract(c)}
        self._domain: dict[type[Contract], type] = {}
        self._wire: dict[type, type[Contract]] = {}
        for module in domain:
            for name, kind in vars(module).items():
                if not (isinstance(kind, type) and is_dataclass(kind) and name in by_name):
                    continue
                contract = by_name[name]
                unknown = {f.name for f in fields(kind)} - set(contract.model_fields)
                if unknown:
                    raise ValueError(f"{kind.__module__}.{name}: {contract.TYPE} has no {sorted(unknown)}")
                self._domain[contract], self._wire[kind] = kind, contract

    def hears(self, kind: type[Contract]) -> bool:
        """Tell whether the domain has a class for this type."""
        return kind in self._domain

    def type_of(self, value: Any) -> str:
        """Return the type name of what a domain value stands for."""
        return self._wire[type(value)].TYPE

    def to_domain(self, wire: Contract) -> Any:
        """Return the domain's form, or None where the domain does not care for this type."""
        kind = self._domain.get(type(wire))
        return None if kind is None else msgspec.convert(wire, kind, from_attributes=True)

    def to_wire(self, value: Any) -> Contract:
        """Return the validated contract; a value out of bounds is a programming error and raises ValidationError."""
        return self._wire[type(value)].model_validate(value, from_attributes=True)


def _is_contract(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Contract) and bool(value.__dict__.get("TYPE"))
