"""Every change to a unit's file and its surveys, one act a function."""

from enterprises.services.files import (
    EditedMeanwhile,
    Refused,
    change_enterprise,
    register_enterprise,
)
from enterprises.services.surveys import NotComplete, save_draft, submit_survey

__all__ = [
    "EditedMeanwhile",
    "NotComplete",
    "Refused",
    "change_enterprise",
    "register_enterprise",
    "save_draft",
    "submit_survey",
]
