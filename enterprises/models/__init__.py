"""The tables of units, one module for each matter."""

from enterprises.models.allocation import (
    AllocationLine,
    AllocationRun,
    Doubt,
    DoubtQuerySet,
)
from enterprises.models.files import (
    Enterprise,
    EnterpriseQuerySet,
    Placement,
    StatusPeriod,
    Survey,
    SurveyQuerySet,
)
from enterprises.models.registry import RegistryEntry, RegistryEntryQuerySet

__all__ = [
    "AllocationLine",
    "AllocationRun",
    "Doubt",
    "DoubtQuerySet",
    "Enterprise",
    "EnterpriseQuerySet",
    "Placement",
    "RegistryEntry",
    "RegistryEntryQuerySet",
    "StatusPeriod",
    "Survey",
    "SurveyQuerySet",
]
