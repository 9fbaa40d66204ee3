"""What must hold between the answers of 用人单位调查登记表. Pure, no database.

A blocking rule keeps a survey from being handed in and from counting as complete
(design.md 4); a warning is shown and kept, for somebody to ask about. A rule says
nothing about fields that were not filled in: `missing` does.

Source: the filing rules collected in domain.md 2.12 A.
"""

from enterprises.survey_rules.judging import (
    check,
    is_complete,
    missing,
    signing_rate,
)
from enterprises.survey_rules.relations import (
    INSURANCES,
    RULES,
    SIX_PARTS,
    TERMS,
    rules_of,
)
from enterprises.survey_rules.sheet import Problem

__all__ = [
    "INSURANCES",
    "RULES",
    "SIX_PARTS",
    "TERMS",
    "Problem",
    "check",
    "is_complete",
    "missing",
    "rules_of",
    "signing_rate",
]
