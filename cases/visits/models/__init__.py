"""Visits of assistants and what comes of them: hazards, publicity, words of workers."""

from cases.visits.models.clues import Clue
from cases.visits.models.hazards import Hazard, HazardNote
from cases.visits.models.talks import Feedback, Publicity, PublicityPhoto
from cases.visits.models.visits import Visit, Visitor, VisitPhoto

__all__ = [
    "Clue",
    "Feedback",
    "Hazard",
    "HazardNote",
    "Publicity",
    "PublicityPhoto",
    "Visit",
    "VisitPhoto",
    "Visitor",
]
