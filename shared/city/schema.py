"""Which keys a city file has: required and optional ones of each section and row."""

from __future__ import annotations

from typing import NamedTuple


class Keys(NamedTuple):
    """The keys of one kind of mapping."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()


def _keys(required: str, optional: str = "") -> Keys:
    return Keys(frozenset(required.split()), frozenset(optional.split()))


FILE = _keys(
    "city marks published mechanisms admission posts chain sources ladder unable_starts_at clocks limits shares "
    "scoring simulation calendar departments groups matters units pairings",
    "pairing_rule grid_norms boundaries routing councils whistles volunteering",
)
"""The sections of the file."""

MAPPINGS: dict[str, Keys] = {
    "city": _keys("code zh en case_prefix"),
    "marks": _keys("published assumed"),
    "admission": _keys("required decide items"),
    "ladder": _keys("", "grid community street"),
    "clocks": _keys(
        "triage dispatch dispatch.urgent accept accept.urgent handle.grid handle.community handle.street "
        "handle.department handle.urgent verify verify.urgent rate case rework_least hand_back.window "
        "hand_back.window.urgent hand_back.judge extension.before suspension.judge suspension.longest "
        "unable.judge release.judge supervision ledger screen receipt cut_off call call.urgent minutes "
        "make_up temporary answer_after_deferral reply objection feedback.acknowledge feedback.tell "
        "feedback.acknowledge_for write_off resolution.longest whistle.sign whistle.sign.urgent "
        "whistle.report_in whistle.report_in.urgent supervision.receipt wish.review wish.agree wish.unclaimed "
        "wish.give_up wish.confirm project.sign consent rate.judge rate.call_back exclusion.ask exclusion.decide "
        "look_back rectify admission.ahead return_visit"
    ),
    "limits": _keys(
        "bounces hand_backs extensions suspensions reworks dissatisfied deferrals reopenings list_reviews tellings "
        "call_backs open_claims opinion_supporters raters leader_visits checks_quarter checks_cycle checks_least "
        "star_five star_four star_three dossier_days notice_days reporters_by_rule hot_from"
    ),
    "shares": _keys("reminder part spot_sample call_back classify_from check_sample merge_from suspect_from"),
    "calendar": _keys("hours known holidays makeups"),
    "pairing_rule": _keys("", "least most"),
    "grid_norms": _keys("", "grid subgrid"),
    "whistles": _keys("", "grid community street"),
    "volunteering": _keys("", "post team zone"),
    "simulation": _keys(
        "arrivals groups utility_season intake ladder dispatch hand_back max_bounces accept handle unable extension "
        "suspension supervision verify rate mediation wish topic_by_hand meeting decide defer_max city_top resolved "
        "answer_limit urgent minutes whistle assess look_back actors",
        "yearly year",
    ),
}
"""Sections that are one mapping."""

_GROUP = "kind rung admitted verified urgent accept"
GROUP = _keys(_GROUP, "claimable verify handle")

ROWS: dict[str, Keys] = {
    "posts": _keys("code zh level", "ex_officio"),
    "chain": _keys(
        "code zh en unit_level body convener secretary period opens place theme members answer answer_urgent quorum",
        "months days dates squad list excusable guests leaders",
    ),
    "councils": _keys("code zh en unit_level mechanism parties chair quorum period deals"),
    "routing": _keys("code zh by", "to area matters groups sources at"),
    "sources": _keys(
        "code zh en channel",
        "ratable spot default_unit default_matter urgent closed a_minute longest needs flapping",
    ),
    "scoring": _keys(
        "version published_on effective_from weights credits exclusion_scope rank_from window freeze yearly_only "
        "vetoes",
        "tiers",
    ),
    "departments": _keys("code name field", "reply_path kind area"),
    "matters": _keys("code path group leads", f"supports keywords claimable verify handle {_GROUP}"),
    "units": _keys(
        "code name level",
        "parent households residents buildings aliases merged estates stands_in lacks landmarks numbers",
    ),
}
"""Sections that are a list of mappings."""

ESTATE = _keys("code name", "aliases")
LANDMARK = _keys("name", "aliases")
PARTY = _keys("code zh", "act")
FLAPPING = _keys("quiet longest")
WHISTLING = _keys("callees kinds")
WEIGHTS = _keys("response resolution satisfaction")
ADMISSION_ITEM = _keys("code name kind")
