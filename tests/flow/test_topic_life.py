"""The page about a topic's life says what a run prints."""

from __future__ import annotations

import re

from tests.flow import topic_life


def without_hashes(page: str) -> str:
    return re.sub(r"`[0-9a-f]{8}`", "`-`", page)


def test_the_page_is_what_a_run_prints_now() -> None:
    page = topic_life.PAGE.read_text(encoding="utf-8")
    made = topic_life.blocks()
    assert all(f"<!-- run: {name} -->" in page for name in made)
    assert without_hashes(topic_life.written(page, made)) == without_hashes(page), (
        "run python -m tests.flow.topic_life --write"
    )


def test_the_upper_ledger_holds_the_very_hash_of_the_lower_one() -> None:
    page = topic_life.PAGE.read_text(encoding="utf-8")
    raised = re.findall(r"\*\*raised\*\*: head of ([\w-]+) #(\d+) `([0-9a-f]{8})`", page)
    assert len(raised) == 3
    for ledger, seq, head in raised:
        assert f"{ledger} #{seq} `{head}` **decided**: move_up" in page
