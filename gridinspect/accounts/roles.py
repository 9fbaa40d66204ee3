"""Who may do what: the whole table, on one screen (domain.md 1.8; design.md 3)."""

from enum import StrEnum, auto

from django.db.models import TextChoices


class Permission(StrEnum):
    GRID_VIEW = auto()
    GRID_EDIT = auto()
    GRID_IMPORT = auto()
    OFFICE_EDIT = auto()  # offices, leading groups, duties of the persons on post
    TASK_VIEW = auto()
    TASK_DO = auto()  # say how a task went
    TASK_ASSIGN = auto()  # plan work, give tasks and send results back
    POLICY_VIEW = auto()
    POLICY_ADOPT = auto()
    STAFF_VIEW = auto()
    STAFF_EDIT = auto()
    STAFF_IMPORT = auto()
    ENTERPRISE_VIEW = auto()
    ENTERPRISE_EDIT = auto()
    ENTERPRISE_IMPORT = auto()
    ENTERPRISE_ALLOCATE = auto()  # give a district's units to grids in bulk
    STATUS_DECIDE = auto()  # accept or refuse what was proposed of a unit's status
    UNIT_MERGE = auto()  # say that two files are one unit, or are not
    UNIT_HANDOVER = auto()  # give a unit to another district, or take one in
    SURVEY_RECORD = auto()
    VISIT_VIEW = auto()  # visits, hazards, publicity, words of workers
    VISIT_RECORD = auto()
    VISIT_ANSWER = auto()  # to reports from below and to workers; settle clues
    PROJECT_CHECK = auto()  # check the five items of a building project on the site
    UNIT_ASSISTANT = auto()  # appoint and end 企业协管员, set the class of 最低工资
    WARNING_VIEW = auto()  # what units report from inside: warnings, own surveys
    WARNING_ANSWER = auto()  # answer a warning, confirm a survey of the unit itself
    OWN_UNIT = auto()  # the pages of the unit that one watches from inside
    WORKFORCE_VIEW = auto()  # the roster and what a unit filed; numbers masked
    WORKFORCE_EDIT = auto()
    WORKER_REVEAL = auto()  # a worker's numbers and addresses in full
    COMPLAINT_INTAKE = auto()
    IDENTITY_REVEAL = auto()  # who sent a report (举报人): intake and leader only
    PERSONAL_REVEAL = auto()  # an ID number or telephone number of staff in full
    CONTACT_REVEAL = auto()  # the telephone of a unit's contact in full
    FILE_PRINT = auto()  # the whole file of a unit (一户一档), with what the rooms know
    CASE_VIEW = auto()
    CASE_FILE = auto()
    CASE_HANDLE = auto()
    CASE_APPROVE = auto()
    SUPERVISION_EDIT = auto()  # prepare grades, key units and publications
    SUPERVISION_APPROVE = auto()  # approve what another has prepared of these
    KEY_REASON_VIEW = auto()  # that complaints are why a unit is under key supervision
    INSPECTION_VIEW = auto()
    INSPECTION_HANDLE = auto()  # plan, notify, record and conclude inspections
    INSPECTION_APPROVE = auto()
    INSPECTION_GROUND = auto()  # why a unit is singled out: it may be a complaint
    REVIEW_VIEW = auto()
    REVIEW_HANDLE = auto()  # the yearly written review: receive, check, conclude
    REVIEW_MANAGE = auto()  # begin, announce and end a campaign
    COVERAGE_VIEW = auto()
    REPORT_VIEW = auto()
    REPORT_MAKE = auto()
    POSTER_HANG = auto()  # say what hangs on the wall of a grid (三上墙)
    PROGRAMME_REPORT = auto()  # say what is in place in an own grid (自报)
    PROGRAMME_ASSESS = auto()  # inspect and appraise the grids below an own place
    EARLY_WARNING_VIEW = auto()
    EARLY_WARNING_SEND = auto()  # have warnings looked into (派发核实)
    EARLY_WARNING_ANSWER = auto()  # say what was found on looking into one
    AUDIT_VIEW = auto()
    ACCOUNT_MANAGE = auto()
    CALENDAR_EDIT = auto()
    JOB_VIEW_ALL = auto()


class Role(TextChoices):
    CITY_BUREAU = "city_bureau", "市级管理"
    DISTRICT_BUREAU = "district_bureau", "区县管理"
    INTAKE = "intake", "受理人员"
    LEADER = "leader", "负责人"
    LEGAL_REVIEWER = "legal_reviewer", "法制审核"
    SQUAD_LEADER = "squad_leader", "中队长"
    FULL_TIME_INSPECTOR = "full_time_inspector", "专职监察员"
    PART_TIME_INSPECTOR = "part_time_inspector", "兼职监察员"
    ASSISTANT = "assistant", "协管员"
    ENTERPRISE_ASSISTANT = "enterprise_assistant", "企业协管员"
    AGENCY_CLERK = "agency_clerk", "派遣机构"
    CUSTODIAN = "custodian", "身份保管员"
    AUDITOR = "auditor", "审计员"
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"


INSPECTORS = (Role.FULL_TIME_INSPECTOR, Role.PART_TIME_INSPECTOR)
POSTED_STAFF = (*INSPECTORS, Role.ASSISTANT)  # those who count as on post in a grid

P = Permission
_LOOK = {P.GRID_VIEW, P.POLICY_VIEW, P.COVERAGE_VIEW, P.TASK_VIEW, P.TASK_DO}
_FILES = {P.ENTERPRISE_VIEW, P.ENTERPRISE_EDIT, P.SURVEY_RECORD, P.CONTACT_REVEAL}
_VISITS = {P.VISIT_VIEW, P.VISIT_RECORD}
_ANSWERS = {P.VISIT_VIEW, P.VISIT_ANSWER}
_FILES |= {P.WORKFORCE_VIEW, P.WORKFORCE_EDIT}
_REPORTS = {P.REPORT_VIEW, P.REPORT_MAKE}
_FROM_INSIDE = {P.WARNING_VIEW, P.WARNING_ANSWER, P.UNIT_ASSISTANT}
_LOOKS_INTO = {P.EARLY_WARNING_VIEW, P.EARLY_WARNING_ANSWER}
_WARNS = _LOOKS_INTO | {P.EARLY_WARNING_SEND}
_PROGRAMME = {P.PROGRAMME_REPORT, P.PROGRAMME_ASSESS}
_BUREAU = _LOOK | _FILES | _REPORTS | {P.STAFF_VIEW, P.STAFF_EDIT, P.CASE_VIEW}
_BUREAU |= {P.FILE_PRINT}
_INSPECTS = {P.INSPECTION_VIEW, P.INSPECTION_HANDLE}
_REASONS = {P.INSPECTION_VIEW, P.INSPECTION_GROUND}
_REVIEWS = {P.REVIEW_VIEW, P.REVIEW_HANDLE}
_IMPORTS = {P.ENTERPRISE_IMPORT, P.STAFF_IMPORT}
_DIRECTS = {P.OFFICE_EDIT, P.TASK_ASSIGN}
_SUPERVISES = {P.SUPERVISION_EDIT, P.KEY_REASON_VIEW}

GRANTS: dict[str, frozenset[Permission]] = {
    role: frozenset(permissions)
    for role, permissions in {
        Role.CITY_BUREAU: _BUREAU
        | _REASONS
        | {P.REVIEW_VIEW}
        | {P.WARNING_VIEW, P.EARLY_WARNING_VIEW}
        | _IMPORTS
        | _PROGRAMME
        | _DIRECTS
        | {P.VISIT_VIEW}
        | {P.GRID_EDIT, P.GRID_IMPORT, P.POLICY_ADOPT, P.CALENDAR_EDIT}
        | {P.ENTERPRISE_ALLOCATE},
        Role.DISTRICT_BUREAU: _BUREAU
        | _INSPECTS
        | _REASONS
        | _REVIEWS
        | {P.REVIEW_MANAGE}
        | _FROM_INSIDE
        | _WARNS
        | {P.PROJECT_CHECK}
        | _IMPORTS
        | _PROGRAMME
        | _DIRECTS
        | _VISITS
        | _ANSWERS
        | {P.GRID_EDIT, P.GRID_IMPORT, P.CASE_FILE, P.CASE_HANDLE}
        | {P.ENTERPRISE_ALLOCATE, P.POSTER_HANG}
        | _SUPERVISES
        | {P.STATUS_DECIDE, P.UNIT_MERGE, P.UNIT_HANDOVER},
        Role.INTAKE: _LOOK
        | _REASONS
        | _ANSWERS
        | {P.KEY_REASON_VIEW}
        | {P.ENTERPRISE_VIEW, P.CASE_VIEW, P.COMPLAINT_INTAKE, P.IDENTITY_REVEAL}
        | {P.WORKFORCE_VIEW},
        Role.LEADER: _LOOK
        | _REASONS
        | {P.INSPECTION_APPROVE, P.REVIEW_VIEW}
        | _REPORTS
        | _ANSWERS
        | {P.ENTERPRISE_VIEW, P.STAFF_VIEW, P.CASE_VIEW, P.CASE_APPROVE}
        | {P.TASK_ASSIGN, P.WARNING_VIEW, P.EARLY_WARNING_VIEW}
        | {P.IDENTITY_REVEAL, P.PERSONAL_REVEAL, P.CONTACT_REVEAL}
        | {P.SUPERVISION_APPROVE, P.KEY_REASON_VIEW}
        | {P.WORKFORCE_VIEW, P.WORKER_REVEAL},
        Role.LEGAL_REVIEWER: _LOOK
        | _REASONS
        | {P.ENTERPRISE_VIEW, P.CASE_VIEW, P.KEY_REASON_VIEW}
        | {P.WORKFORCE_VIEW},
        Role.SQUAD_LEADER: _LOOK
        | _WARNS
        | _INSPECTS
        | _REVIEWS
        | _FILES
        | _REPORTS
        | _PROGRAMME
        | _DIRECTS
        | _VISITS
        | _ANSWERS
        | {P.STAFF_VIEW, P.ENTERPRISE_IMPORT, P.CASE_VIEW, P.POSTER_HANG}
        | {P.FILE_PRINT, P.STATUS_DECIDE}
        | {P.PROJECT_CHECK, P.WARNING_VIEW, P.WARNING_ANSWER}
        | {P.WORKER_REVEAL},
        Role.FULL_TIME_INSPECTOR: _LOOK
        | _WARNS
        | _INSPECTS
        | _REASONS
        | _REVIEWS
        | _FILES
        | _VISITS
        | {P.STAFF_VIEW, P.CASE_VIEW, P.CASE_FILE, P.CASE_HANDLE, P.TASK_ASSIGN}
        | _SUPERVISES
        | {P.POSTER_HANG, P.FILE_PRINT}
        | {P.PROJECT_CHECK, P.WARNING_VIEW, P.WARNING_ANSWER}
        | {P.WORKER_REVEAL},
        Role.PART_TIME_INSPECTOR: _LOOK
        | _LOOKS_INTO
        | _INSPECTS
        | _REVIEWS
        | _FILES
        | _VISITS
        | {P.STAFF_VIEW, P.CASE_VIEW, P.TASK_ASSIGN, P.POSTER_HANG}
        | {P.PROJECT_CHECK, P.WARNING_VIEW},
        Role.ASSISTANT: _LOOK
        | _FILES
        | _VISITS
        | _LOOKS_INTO
        | {P.POSTER_HANG, P.REVIEW_VIEW},
        Role.ENTERPRISE_ASSISTANT: {P.OWN_UNIT},
        Role.AGENCY_CLERK: {P.STAFF_VIEW},
        Role.CUSTODIAN: {P.GRID_VIEW},
        Role.AUDITOR: {P.GRID_VIEW, P.POLICY_VIEW, P.REPORT_VIEW, P.AUDIT_VIEW},
        Role.SYSTEM_ADMIN: {P.GRID_VIEW, P.GRID_EDIT, P.GRID_IMPORT, P.POLICY_VIEW}
        | {P.POLICY_ADOPT, P.CALENDAR_EDIT, P.JOB_VIEW_ALL, P.ACCOUNT_MANAGE}
        | _IMPORTS
        | {P.ENTERPRISE_VIEW, P.STAFF_VIEW, P.WORKFORCE_VIEW},
        Role.SECURITY_ADMIN: {P.GRID_VIEW, P.ACCOUNT_MANAGE},
    }.items()
}


def roles_with(permission: Permission) -> tuple[str, ...]:
    """Return the roles that grant a permission."""
    return tuple(role for role, granted in GRANTS.items() if permission in granted)
