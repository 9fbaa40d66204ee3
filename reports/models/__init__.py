"""What reports keep: tallies of figures, and how the programme (两网化推进) goes on."""

from reports.models.programme import (
    Assessment,
    AssessmentQuerySet,
    Finding,
    FindingQuerySet,
    TargetLetter,
)
from reports.models.tally import Tally, TallyQuerySet

__all__ = [
    "Assessment",
    "AssessmentQuerySet",
    "Finding",
    "FindingQuerySet",
    "Tally",
    "TallyQuerySet",
    "TargetLetter",
]
