"""A policy as typed values: what a plan says, read from TOML and checked. No Django.

One file is one version of one policy. Every value stands beside the clause (or, for
statutes, the source) that it comes from. The same shape as JSON is what the database
keeps, so a loaded version is read back through the same checks.
"""

from grids.policy.reading import parse_policy
from grids.policy.values import (
    Branch,
    Checklist,
    Clause,
    Correction,
    Expected,
    Item,
    Label,
    Level,
    LimitRow,
    Milestone,
    Number,
    Phase,
    PolicyError,
    PolicyValues,
    Quota,
    Retirement,
    Share,
    Statute,
    Target,
    TargetInForce,
    limit,
)
from grids.policy.words import (
    CLAUSE_KINDS,
    GRID_KINDS,
    INDICATORS,
    LAYERS,
    NUMBERS,
    PERSON_KINDS,
    TERMS,
    UNITS,
)

__all__ = [
    "CLAUSE_KINDS",
    "GRID_KINDS",
    "INDICATORS",
    "LAYERS",
    "NUMBERS",
    "PERSON_KINDS",
    "TERMS",
    "UNITS",
    "Branch",
    "Checklist",
    "Clause",
    "Correction",
    "Expected",
    "Item",
    "Label",
    "Level",
    "LimitRow",
    "Milestone",
    "Number",
    "Phase",
    "PolicyError",
    "PolicyValues",
    "Quota",
    "Retirement",
    "Share",
    "Statute",
    "Target",
    "TargetInForce",
    "limit",
    "parse_policy",
]
