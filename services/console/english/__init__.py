"""The English catalogue: Chinese source text -> English, one module a noun; a text stands in one of them alone."""

from services.console.english.access import ACCESS
from services.console.english.analysis import ANALYSIS
from services.console.english.appraisal import APPRAISAL
from services.console.english.cases import CASES
from services.console.english.checks import CHECKS
from services.console.english.desks import DESKS
from services.console.english.field import FIELD
from services.console.english.lists import LISTS
from services.console.english.meetings import MEETINGS
from services.console.english.scores import SCORES
from services.console.english.surveys import SURVEYS
from services.console.english.system import SYSTEM

ENGLISH = {
    **ACCESS, **ANALYSIS, **APPRAISAL, **CASES, **CHECKS, **DESKS, **FIELD, **LISTS, **MEETINGS, **SCORES,
    **SURVEYS, **SYSTEM,
}  # fmt: skip
