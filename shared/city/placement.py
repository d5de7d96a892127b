"""Where a report belongs, how that was found, how sure it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a report belongs: `how` is unit_code, merged_code, point, address or none; confidence 0 to 1.

    `doubt` says why it is less sure than others: border (the point lies on one), contradiction (the point lies in
    another unit than the code names), outside (the point lies in no unit), shared_name (several units bear the name),
    misspelt (a name of the city is nearly what was written), alike (several names are, and which is meant is not
    known), building (the estate has no such building). `other` is a unit that it could be as well.
    """

    unit: str | None
    how: str
    confidence: float
    doubt: str | None = None
    other: str | None = None


NOWHERE = Placement(None, "none", 0.0)
