"""What reports keep: tallies of figures, and how the programme (两网化推进) goes on."""

from reports.models.posters import (
    Hanging,
    HangingQuerySet,
    Poster,
    PosterQuerySet,
    Wall,
)
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
    "Hanging",
    "HangingQuerySet",
    "Poster",
    "PosterQuerySet",
    "Tally",
    "TallyQuerySet",
    "TargetLetter",
    "Wall",
]
