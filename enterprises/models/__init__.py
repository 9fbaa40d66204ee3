"""The tables of units, one module for each matter."""

from enterprises.models.allocation import (
    AllocationLine,
    AllocationRun,
    Doubt,
    DoubtQuerySet,
)
from enterprises.models.files import (
    GIVEN_STATUSES,
    Enterprise,
    EnterpriseQuerySet,
    Placement,
    StatusPeriod,
    Survey,
    SurveyQuerySet,
    may_have,
)
from enterprises.models.handover import Handover, HandoverQuerySet
from enterprises.models.materials import (
    ImportedChange,
    Material,
    MaterialQuerySet,
    PaperPlace,
)
from enterprises.models.merging import BulkAct, JoinedSurvey, Merger, ToldApart
from enterprises.models.registry import (
    RegistryDecision,
    RegistryDecisionQuerySet,
    RegistryEntry,
    RegistryEntryQuerySet,
)
from enterprises.models.status import StatusProposal, StatusProposalQuerySet

__all__ = [
    "GIVEN_STATUSES",
    "AllocationLine",
    "AllocationRun",
    "BulkAct",
    "Doubt",
    "DoubtQuerySet",
    "Enterprise",
    "EnterpriseQuerySet",
    "Handover",
    "HandoverQuerySet",
    "ImportedChange",
    "JoinedSurvey",
    "Material",
    "MaterialQuerySet",
    "Merger",
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
    "ToldApart",
    "may_have",
]
