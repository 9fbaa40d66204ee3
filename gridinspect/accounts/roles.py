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

P, R = Permission, Role
# Roles that mostly hold the same.
BUREAUS = {R.CITY_BUREAU, R.DISTRICT_BUREAU}
DESK = {R.INTAKE, R.LEADER, R.LEGAL_REVIEWER}  # case work in the bureau
INSPECTING = {R.SQUAD_LEADER, *INSPECTORS}
FIELD = INSPECTING | {R.ASSISTANT}
STAFF = BUREAUS | DESK | FIELD
ADMINS = {R.SYSTEM_ADMIN, R.SECURITY_ADMIN}
# The head of a squad, and a full-time inspector, who does the same in the district.
SENIOR = {R.SQUAD_LEADER, R.FULL_TIME_INSPECTOR}

# Who holds each permission, room by room. A role's line is GRANTS[role].
HOLDERS: dict[Permission, set[Role]] = {
    # grids, offices, tasks, policies
    P.GRID_VIEW: STAFF | ADMINS | {R.CUSTODIAN, R.AUDITOR},
    P.GRID_EDIT: BUREAUS | {R.SYSTEM_ADMIN},
    P.GRID_IMPORT: BUREAUS | {R.SYSTEM_ADMIN},
    P.OFFICE_EDIT: BUREAUS | {R.SQUAD_LEADER},
    P.TASK_VIEW: STAFF,
    P.TASK_DO: STAFF,
    P.TASK_ASSIGN: BUREAUS | INSPECTING | {R.LEADER},
    P.POLICY_VIEW: STAFF | {R.AUDITOR, R.SYSTEM_ADMIN},
    P.POLICY_ADOPT: {R.CITY_BUREAU, R.SYSTEM_ADMIN},
    # persons
    P.STAFF_VIEW: BUREAUS | INSPECTING | {R.LEADER, R.AGENCY_CLERK, R.SYSTEM_ADMIN},
    P.STAFF_EDIT: BUREAUS,
    P.STAFF_IMPORT: BUREAUS | {R.SYSTEM_ADMIN},
    P.PERSONAL_REVEAL: {R.LEADER},
    # the files of units
    P.ENTERPRISE_VIEW: STAFF | {R.SYSTEM_ADMIN},
    P.ENTERPRISE_EDIT: BUREAUS | FIELD,
    P.ENTERPRISE_IMPORT: BUREAUS | {R.SQUAD_LEADER, R.SYSTEM_ADMIN},
    P.ENTERPRISE_ALLOCATE: BUREAUS,
    P.STATUS_DECIDE: {R.DISTRICT_BUREAU, R.SQUAD_LEADER},
    P.UNIT_MERGE: {R.DISTRICT_BUREAU},
    P.UNIT_HANDOVER: {R.DISTRICT_BUREAU},
    P.SURVEY_RECORD: BUREAUS | FIELD,
    P.CONTACT_REVEAL: BUREAUS | FIELD | {R.LEADER},
    P.FILE_PRINT: BUREAUS | SENIOR,
    P.WORKFORCE_VIEW: STAFF | {R.SYSTEM_ADMIN},
    P.WORKFORCE_EDIT: BUREAUS | FIELD,
    P.WORKER_REVEAL: SENIOR | {R.LEADER},
    # visits, projects, what comes from inside a unit
    P.VISIT_VIEW: BUREAUS | FIELD | {R.INTAKE, R.LEADER},
    P.VISIT_RECORD: FIELD | {R.DISTRICT_BUREAU},
    P.VISIT_ANSWER: {R.DISTRICT_BUREAU, R.INTAKE, R.LEADER, R.SQUAD_LEADER},
    P.PROJECT_CHECK: INSPECTING | {R.DISTRICT_BUREAU},
    P.UNIT_ASSISTANT: {R.DISTRICT_BUREAU},
    P.WARNING_VIEW: BUREAUS | INSPECTING | {R.LEADER},
    P.WARNING_ANSWER: SENIOR | {R.DISTRICT_BUREAU},
    P.OWN_UNIT: {R.ENTERPRISE_ASSISTANT},
    # complaints and cases
    P.COMPLAINT_INTAKE: {R.INTAKE},
    P.IDENTITY_REVEAL: {R.INTAKE, R.LEADER},
    P.CASE_VIEW: BUREAUS | DESK | INSPECTING,
    P.CASE_FILE: {R.DISTRICT_BUREAU, R.FULL_TIME_INSPECTOR},
    P.CASE_HANDLE: {R.DISTRICT_BUREAU, R.FULL_TIME_INSPECTOR},
    P.CASE_APPROVE: {R.LEADER},
    # supervision: who prepares does not approve; why a unit is singled out is secret
    P.SUPERVISION_EDIT: {R.DISTRICT_BUREAU, R.FULL_TIME_INSPECTOR},
    P.SUPERVISION_APPROVE: {R.LEADER},
    P.KEY_REASON_VIEW: DESK | {R.DISTRICT_BUREAU, R.FULL_TIME_INSPECTOR},
    P.INSPECTION_VIEW: BUREAUS | DESK | INSPECTING,
    P.INSPECTION_HANDLE: INSPECTING | {R.DISTRICT_BUREAU},
    P.INSPECTION_APPROVE: {R.LEADER},
    P.INSPECTION_GROUND: BUREAUS | DESK | {R.FULL_TIME_INSPECTOR},
    P.REVIEW_VIEW: BUREAUS | FIELD | {R.LEADER},
    P.REVIEW_HANDLE: INSPECTING | {R.DISTRICT_BUREAU},
    P.REVIEW_MANAGE: {R.DISTRICT_BUREAU},
    P.EARLY_WARNING_VIEW: BUREAUS | FIELD | {R.LEADER},
    P.EARLY_WARNING_SEND: SENIOR | {R.DISTRICT_BUREAU},
    P.EARLY_WARNING_ANSWER: FIELD | {R.DISTRICT_BUREAU},
    # figures, reports, walls, the programme
    P.COVERAGE_VIEW: STAFF,
    P.REPORT_VIEW: BUREAUS | {R.LEADER, R.SQUAD_LEADER, R.AUDITOR},
    P.REPORT_MAKE: BUREAUS | {R.LEADER, R.SQUAD_LEADER},
    P.POSTER_HANG: FIELD | {R.DISTRICT_BUREAU},
    P.PROGRAMME_REPORT: BUREAUS | {R.SQUAD_LEADER},
    P.PROGRAMME_ASSESS: BUREAUS | {R.SQUAD_LEADER},
    # the installation
    P.AUDIT_VIEW: {R.AUDITOR},
    P.ACCOUNT_MANAGE: ADMINS,
    P.CALENDAR_EDIT: {R.CITY_BUREAU, R.SYSTEM_ADMIN},
    P.JOB_VIEW_ALL: {R.SYSTEM_ADMIN},
}

GRANTS: dict[str, frozenset[Permission]] = {
    role: frozenset(p for p in Permission if role in HOLDERS[p]) for role in Role
}


def roles_with(permission: Permission) -> tuple[str, ...]:
    """Return the roles that grant a permission."""
    return tuple(role for role, granted in GRANTS.items() if permission in granted)
