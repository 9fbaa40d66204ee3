"""Grades by year, entries of key supervision, publications, and noted facts."""

from enterprises.supervision.models.grades import GradeObjection, GradeRound, Rating
from enterprises.supervision.models.keys import KeyEntry
from enterprises.supervision.models.noted import MovedFacts, NotedFact
from enterprises.supervision.models.publications import Publication

__all__ = [
    "GradeObjection",
    "GradeRound",
    "KeyEntry",
    "MovedFacts",
    "NotedFact",
    "Publication",
    "Rating",
]
