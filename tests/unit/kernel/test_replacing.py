"""A copy of a state differs from it in what was changed and in nothing else, whatever its class is made of."""

from dataclasses import FrozenInstanceError, dataclass, fields
from dataclasses import replace as by_init

import pytest

from services.dispatch.domain import STATES as DISPATCH
from services.escalation.domain import STATES as ESCALATION
from services.feedback.domain import STATES as FEEDBACK
from services.intake.domain import STATES as INTAKE
from shared.kernel.clock import Budget, Unit
from shared.kernel.replacing import replace


@dataclass(frozen=True, slots=True)
class Base:
    first: int


@dataclass(frozen=True, slots=True)
class Heir(Base):
    second: int = 2


@dataclass
class Open:
    first: int


@pytest.mark.parametrize("value", [Heir(1), Open(1), Base(1)])
def test_every_kind_of_dataclass_is_copied(value):
    assert replace(value, first=5) == by_init(value, first=5)
    assert value.first == 1


def test_the_states_of_every_service_are_copied_field_by_field():
    for kind in (*INTAKE.values(), *DISPATCH.values(), *ESCALATION.values(), *FEEDBACK.values()):
        names = [field.name for field in fields(kind)]
        state = kind.__new__(kind)
        for place, name in enumerate(names):
            object.__setattr__(state, name, place)
        for name in names:
            copy = replace(state, **{name: "changed"})
            assert type(copy) is kind
            assert [getattr(copy, n) for n in names] == ["changed" if n == name else p for p, n in enumerate(names)]


def test_a_copy_is_as_frozen_as_what_it_was_made_of():
    copy = replace(Base(1), first=2)
    with pytest.raises(FrozenInstanceError):
        copy.first = 3  # type: ignore[misc]


def test_a_field_that_there_is_not_is_an_error():
    with pytest.raises(AttributeError):
        replace(Base(1), nothing=2)


def test_a_class_that_checks_itself_still_does():
    with pytest.raises(ValueError, match="at least 1"):
        replace(Budget(1, Unit.WORKING_DAYS), amount=0)
