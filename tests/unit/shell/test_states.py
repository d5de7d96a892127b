"""A state that this process wrote is not read a second time, and what others wrote is never missed."""

from dataclasses import dataclass

from shared.shell import states
from shared.shell.states import States


@dataclass(frozen=True)
class Case:
    step: int


def test_what_was_written_stands_for_its_state_and_any_other_text_is_read(monkeypatch):
    kept = States({"case": Case})
    mine = Case(1)
    text = kept.write("a", mine)
    assert kept.read("a", "case", text) is mine
    assert kept.read("a", "case", '{"step":2}') == Case(2), "another process was faster, or ours was rolled back"
    assert kept.read("b", "case", text) == mine
    assert kept.read("a", "case", None) is None
    assert kept.write("a", None) is None


def test_no_more_than_some_subjects_are_remembered(monkeypatch):
    monkeypatch.setattr(states, "REMEMBERED", 2)
    kept, one = States({"case": Case}), Case(1)
    text = kept.write("a", one)
    kept.write("b", Case(2))
    kept.write("a", one)
    kept.write("c", Case(3))
    assert kept.read("a", "case", text) is one, "it was written after b"
    assert kept.read("b", "case", '{"step":2}') == Case(2)
    assert len(kept._known) == 2
