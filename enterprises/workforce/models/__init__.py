"""The tables of workers and of what a unit files about them."""

from enterprises.workforce.models.filings import Filing, FilingQuerySet
from enterprises.workforce.models.papers import (
    Agreement,
    AgreementQuerySet,
    PayrollReturn,
    PayrollReturnQuerySet,
)
from enterprises.workforce.models.workers import (
    Contract,
    ContractQuerySet,
    Worker,
    WorkerQuerySet,
)

__all__ = [
    "Agreement",
    "AgreementQuerySet",
    "Contract",
    "ContractQuerySet",
    "Filing",
    "FilingQuerySet",
    "PayrollReturn",
    "PayrollReturnQuerySet",
    "Worker",
    "WorkerQuerySet",
]
