"""What changes of the city do to its year: `python -m tests.bench.what_ifs [SEEDS [ROW…]]`, each beside the same seeds.

A row is what `sidan simulate year --seeds 20 --set KEY=VALUE` says; here the years without a change are lived once.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from deploy.simulation.compare import differences, years
from deploy.simulation.year import Year

CITY, WORKERS = "donggang", 2
SHOWN = (
    "meetings", "temporary", "settled", "moved_up", "solved_above", "solved_share", "topics", "days_own",
    "days_moved_up", "orders", "hand_back", "bounced_out", "solved_by_departments", "on_time",
)  # fmt: skip
ROWS: Mapping[str, Mapping[str, Any]] = {
    "monthly": {"chain.community.period": "month", "chain.community.months": list(range(1, 13))},
    "answer": {"chain.community.answer": "30 nd", "chain.street.answer": "30 nd", "chain.city.answer": "30 nd"},
    "streets": {"chain.street.months": [3, 6, 9, 12]},
    "attendance": {
        "meeting.attendance.estate": 0.78,
        "meeting.attendance.community": 0.74,
        "meeting.attendance.street": 0.74,
        "meeting.attendance.city": 0.69,
    },
    "community": {"ladder.solve.community": 0.55},
    "desk": {"dispatch.accurate": 0.75},
    "bounce": {"limits.bounces": 1},
    "unable": {"unable.share": 0.09},
    "hotline": {"arrivals.rates.hotline": 1.19, "intake.enquiry": 0.75},
}


def main() -> None:
    """Live the years and print a table, a line for each figure that differs, as soon as a change has all its years."""
    seeds = range(1, 1 + (int(sys.argv[1]) if len(sys.argv) > 1 else 20))
    names = sys.argv[2:] or list(ROWS)
    changes = [{}, *(ROWS[name] for name in names)]
    found: list[list[Year]] = [[] for _ in changes]
    for n, change in enumerate(changes):
        for _, year in years(CITY, seeds, [change], days=365, workers=WORKERS):
            found[n].append(year)
        found[n].sort(key=lambda year: year.seed)
        findings = sum(len(year.findings) for year in found[n])
        spent = sum(year.seconds for year in found[n]) / len(seeds)
        print(
            f"\n{names[n - 1] if n else 'base'} {dict(change)}: {findings} findings, {spent:.0f} s a year", flush=True
        )
        for one in differences(found[0], found[n]):
            if one.key in SHOWN:
                print(f"  {one.key:24}{one.base:9.1f} →{one.other:9.1f}{one.other - one.base:+9.1f} ± {one.error:.1f}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
