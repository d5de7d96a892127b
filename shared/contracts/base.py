"""The base of every fact and message on a stream, and the register of their types."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$")]
"""A code of the city file (unit, department, matter, source) or an id of ours."""
OutsideId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""An id that somebody else gave."""
Masked = Annotated[str, StringConstraints(max_length=200)]
"""Short text from which telephone, identity and house numbers have been masked (`shared.kernel.masking`)."""
Instant = AwareDatetime

_BY_TYPE: dict[str, type[Contract]] = {}


class Contract(BaseModel):
    """A frozen value with a versioned type name; `SERVICE` states it, or `outside` sends it."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_timedelta="iso8601")
    TYPE: ClassVar[str] = ""
    SERVICE: ClassVar[str] = ""
    SECRET: ClassVar[bool] = False
    """Nothing may be kept by which the content could be guessed later, not even its digest (a secret ballot)."""
    KNOWN_FOR_EVER: ClassVar[bool] = False
    """The service itself finds again, by the sender's id, what this made: it needs no inbox, which forgets."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        name = cls.__dict__.get("TYPE")
        if name:
            if name in _BY_TYPE:
                raise ValueError(f"{name} is declared twice")
            _BY_TYPE[name] = cls


class OutsideMessage(Contract):
    """A message from outside: unknown fields are an error there, since they are nearly always a typing mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    SERVICE: ClassVar[str] = "outside"


def by_type(name: str) -> type[Contract] | None:
    """Return the class of a type name such as `order.dispatched.v1`, or None."""
    return _BY_TYPE.get(name)


def all_types() -> dict[str, type[Contract]]:
    """Return every declared type."""
    return dict(_BY_TYPE)


__all__ = ["Code", "Contract", "Instant", "Masked", "OutsideId", "OutsideMessage", "all_types", "by_type", "datetime"]
