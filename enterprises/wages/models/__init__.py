"""Wages and insurance of units, building projects, and who watches from inside."""

from enterprises.wages.models.ledger import (
    Arrears,
    InsuranceMonth,
    Repayment,
    WageClass,
    WagePayment,
)
from enterprises.wages.models.projects import (
    AccountBalance,
    Project,
    ProjectCheck,
    Subcontractor,
)
from enterprises.wages.models.self_service import (
    EnterpriseAssistant,
    SelfReport,
    WageWarning,
)

__all__ = [
    "AccountBalance",
    "Arrears",
    "EnterpriseAssistant",
    "InsuranceMonth",
    "Project",
    "ProjectCheck",
    "Repayment",
    "SelfReport",
    "Subcontractor",
    "WageClass",
    "WagePayment",
    "WageWarning",
]
