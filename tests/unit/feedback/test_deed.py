"""What claims, supporting parts, whistles, members and meetings count for whom (domain §2.4, §3, §5.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from services.feedback.domain import heard, heard_work
from services.feedback.domain.deed import KINDS, Deed, deeds
from shared.kernel.calendar import SHANGHAI
from shared.kernel.decisions import SYSTEM, Message

NOW = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("fact", "counted"),
    [
        (heard.WishOrdered("C01"), {("C01", "ordered"): None}),
        (heard.WishClaimed("C01", "v-7"), {("C01", "claimed"): None, ("v-7", "claimed"): None}),
        (heard.WishReleased("v-7", "given_up"), {("v-7", "given_up"): None}),
        (heard.WishReleased("v-7", "lapsed"), {("v-7", "lapsed"): None}),
        (heard.WishFulfilled("C01", "v-7"), {("C01", "done"): None, ("v-7", "done"): None}),
        (heard.WishFulfilled("C01", None), {("C01", "done"): None}),
        (heard.WishConfirmed("C01", "v-7", 5), {("C01", "rated"): 5, ("v-7", "rated"): 5}),
        (heard.WishOverdue("C01"), {("C01", "overdue"): None}),
        (heard.ItemPublished("bank", 1), {("bank", "published"): None}),
        (heard.ItemPublished("bank", 2), {}),
        (heard.ItemOrdered("item:bank:1"), {("bank", "ordered"): None}),
        (heard.ItemClaimed("item:C01:1"), {("C01", "claimed"): None}),
        (heard.ListStale("C01", "2026Q2", "S01"), {("C01", "stale"): None}),
        (heard.BookingRefused("bank"), {("bank", "resource_refused"): None}),
        (heard.BookingOverdue("bank"), {("bank", "resource_overdue"): None}),
        (heard.ProjectDone("C01", "bank"), {("C01", "done"): None, ("bank", "done"): None}),
        (heard.ProjectRated("bank", 4), {("bank", "rated"): 4}),
        (
            heard_work.WhistleSounded("C01", ("cg", "gas")),
            {("C01", "whistle_sounded"): None, ("cg", "whistle_called"): None, ("gas", "whistle_called"): None},
        ),
        (
            heard.OrderDispatched("hb", "S01", support=("water", "gas", "water")),
            {("water", "part_given"): None, ("gas", "part_given"): None},
        ),
        (heard.OrderDispatched("hb", "S01"), {}),
        (heard_work.PartsAgreed(("water",)), {("water", "part_given"): None}),
        (heard_work.PartAnswered("water", False), {("water", "part_done"): None}),
        (heard_work.PartAnswered("water", True), {("water", "part_late"): None}),
        (heard_work.PartLapsed("water"), {("water", "part_lapsed"): None}),
        (heard_work.PartReleaseJudged("water", True), {("water", "part_released"): None}),
        (heard_work.PartReleaseJudged("water", False), {}),
        (heard_work.CalleeReportedIn("cg", False), {("cg", "whistle_answered"): None}),
        (heard_work.CalleeReportedIn("cg", True), {("cg", "whistle_late"): None}),
        (heard_work.CalleeMissing("gas"), {("gas", "whistle_missed"): None}),
        (heard_work.WhistleRated("cg", 5), {("cg", "whistle_rated"): 5}),
        (
            heard_work.MemberCheckedIn("C01", "bank"),
            {("C01", "member_checked_in"): None, ("bank", "member_checked_in"): None},
        ),
        (heard_work.DutyClaimed("C01", "bank"), {("C01", "post_claimed"): None, ("bank", "post_claimed"): None}),
        (
            heard_work.MeetingAdopted(("C01",), ("bank",)),
            {("C01", "meeting_attended"): None, ("bank", "meeting_missed"): None},
        ),
        (None, {}),
    ],
)
def test_each_fact_counts_once_for_everybody_whom_it_concerns(fact: Any, counted: dict[Any, Any]) -> None:
    found = deeds(Message(fact, "wish:C01:1", "dispatch", SYSTEM, NOW, "wish:C01:1/3", 3))
    assert found == tuple(Deed("wish:C01:1", 3, unit, kind, NOW, grade) for (unit, kind), grade in counted.items())
    assert all(deed.kind in KINDS for deed in found)
