"""Facts about people in the words of the office: residents who are erased."""

from __future__ import annotations

from services.console.story import Story
from services.console.words import word

PEOPLE = {
    "resident.erased.v1": Story("raise", word("抹去反映人信息"), shape="system"),
}
