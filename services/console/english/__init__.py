"""The English catalogue: Chinese source text -> English, one module a noun; a text stands in one of them alone."""

from services.console.english.access import ACCESS
from services.console.english.cases import CASES
from services.console.english.desks import DESKS
from services.console.english.field import FIELD

ENGLISH = {**ACCESS, **CASES, **DESKS, **FIELD}
