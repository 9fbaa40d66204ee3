"""Acts and readings of classified supervision; see the modules."""

from enterprises.supervision.services.reading import (
    GradeState,
    KeyState,
    grade_of,
    key_units,
    key_units_on,
)

__all__ = ["GradeState", "KeyState", "grade_of", "key_units", "key_units_on"]
