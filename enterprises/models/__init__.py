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
from enterprises.models.materials import (
    ImportedChange,
    Material,
    MaterialQuerySet,
    PaperPlace,
)
from enterprises.models.registry import (
    RegistryDecision,
    RegistryDecisionQuerySet,
    RegistryEntry,
    RegistryEntryQuerySet,
)
from enterprises.models.status import StatusProposal, StatusProposalQuerySet

__all__ = [
    "AllocationLine",
    "AllocationRun",
    "Doubt",
    "DoubtQuerySet",
    "Enterprise",
    "EnterpriseQuerySet",
    "ImportedChange",
    "Material",
    "MaterialQuerySet",
    "PaperPlace",
    "Placement",
    "RegistryDecision",
    "RegistryDecisionQuerySet",
    "RegistryEntry",
    "RegistryEntryQuerySet",
    "StatusPeriod",
    "StatusProposal",
    "StatusProposalQuerySet",
    "Survey",
    "SurveyQuerySet",
]
