"""The tables of grids, one module for each matter."""

from grids.models.codes import CodeScheme
from grids.models.figures import DirtyMark
from grids.models.maps import Boundary, BoundaryQuerySet, RoadRange, RoadRangeQuerySet
from grids.models.offices import (
    STATED_ROLES,
    DutyStatement,
    GroupMember,
    LeadingGroup,
    Office,
    OfficeAsset,
    OfficeLeader,
)
from grids.models.policies import (
    Policy,
    PolicyClause,
    PolicyDraft,
    PolicyInForce,
    QuotaIndex,
)
from grids.models.posts import DailyEntry, Posting
from grids.models.tasks import Task, WorkPlan
from grids.models.tree import (
    City,
    Days,
    Grid,
    GridAct,
    GridPeriod,
    Succession,
    city_path,
)

__all__ = [
    "STATED_ROLES",
    "Boundary",
    "BoundaryQuerySet",
    "City",
    "CodeScheme",
    "DailyEntry",
    "Days",
    "DirtyMark",
    "DutyStatement",
    "Grid",
    "GridAct",
    "GridPeriod",
    "GroupMember",
    "LeadingGroup",
    "Office",
    "OfficeAsset",
    "OfficeLeader",
    "Policy",
    "PolicyClause",
    "PolicyDraft",
    "PolicyInForce",
    "Posting",
    "QuotaIndex",
    "RoadRange",
    "RoadRangeQuerySet",
    "Succession",
    "Task",
    "WorkPlan",
    "city_path",
]
