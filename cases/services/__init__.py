"""What changes a matter or a case: one act, one transaction, one event each."""

from cases.services.calendar import NoticeEntered, enter_notice, load_year
from cases.services.clocks import Clocks, recompute_deadlines
from cases.services.course import (
    AlreadyClosed,
    approve_extension,
    close_case,
    end_investigation,
    note_correction,
    propose_extension,
    reject_extension,
)
from cases.services.filing import AlreadyFiled, file_case
from cases.services.intake import (
    AlreadyDecided,
    accept_matter,
    decline_matter,
    refuse_matter,
    register_matter,
    reveal_identity,
)
from cases.services.writs import IdentityInText, issue_correction

__all__ = [
    "AlreadyClosed",
    "AlreadyDecided",
    "AlreadyFiled",
    "Clocks",
    "IdentityInText",
    "NoticeEntered",
    "accept_matter",
    "approve_extension",
    "close_case",
    "decline_matter",
    "end_investigation",
    "enter_notice",
    "file_case",
    "issue_correction",
    "load_year",
    "note_correction",
    "propose_extension",
    "recompute_deadlines",
    "refuse_matter",
    "register_matter",
    "reject_extension",
    "reveal_identity",
]
