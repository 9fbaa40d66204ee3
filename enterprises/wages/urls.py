from django.urls import path

from enterprises.wages.views import (
    arrears,
    inside,
    insurance,
    minimum,
    own,
    payments,
    project,
    project_acts,
    projects,
)

app_name = "wages"
urlpatterns = [
    path("arrears/", arrears.arrears_list, name="arrears-list"),
    path("arrears/export/", arrears.arrears_export, name="arrears-export"),
    path("enterprises/<int:pk>/arrears/new/", arrears.arrears_add, name="arrears-add"),
    path("arrears/<int:pk>/", arrears.arrears_detail, name="arrears"),
    path("arrears/<int:pk>/change/", arrears.arrears_change, name="arrears-change"),
    path("arrears/<int:pk>/repay/", arrears.arrears_repay, name="arrears-repay"),
    path("arrears/<int:pk>/settle/", arrears.arrears_settle, name="arrears-settle"),
    path(
        "arrears/<int:pk>/withdraw/", arrears.arrears_withdraw, name="arrears-withdraw"
    ),
    path("enterprises/<int:pk>/wages/new/", payments.payment_add, name="payment-add"),
    path("wages/<int:pk>/change/", payments.payment_change, name="payment-change"),
    path("enterprises/<int:pk>/insurance/", insurance.insurance, name="insurance"),
    path("minimum-wages/", minimum.minimum, name="minimum"),
    path("minimum-wages/set/", minimum.minimum_set, name="minimum-set"),
    path("projects/", projects.project_list, name="projects"),
    path("projects/export/", projects.projects_export, name="projects-export"),
    path("projects/new/", project_acts.project_add, name="project-add"),
    path("projects/<int:pk>/", project.project_detail, name="project"),
    path(
        "projects/<int:pk>/change/", project_acts.project_change, name="project-change"
    ),
    path("projects/<int:pk>/check/", project_acts.project_check, name="project-check"),
    path(
        "projects/<int:pk>/finish/", project_acts.project_finish, name="project-finish"
    ),
    path("projects/<int:pk>/close/", project_acts.project_close, name="project-close"),
    path(
        "projects/<int:pk>/reveal/", project_acts.project_reveal, name="project-reveal"
    ),
    path(
        "projects/<int:pk>/balance/",
        project_acts.project_balance,
        name="project-balance",
    ),
    path(
        "projects/<int:pk>/sheet.pdf", project_acts.project_sheet, name="project-sheet"
    ),
    path(
        "projects/<int:pk>/subcontractors/new/",
        project_acts.subcontractor_add,
        name="subcontractor-add",
    ),
    path(
        "subcontractors/<int:pk>/leave/",
        project_acts.subcontractor_leave,
        name="subcontractor-leave",
    ),
    path(
        "enterprises/<int:pk>/assistants/new/",
        inside.assistant_add,
        name="assistant-add",
    ),
    path("unit-assistants/<int:pk>/end/", inside.assistant_end, name="assistant-end"),
    path("wage-warnings/", inside.warning_list, name="warnings"),
    path("wage-warnings/<int:pk>/", inside.warning_detail, name="warning"),
    path(
        "wage-warnings/<int:pk>/answer/", inside.warning_answer, name="warning-answer"
    ),
    path("self-reports/", inside.report_list, name="self-reports"),
    path("self-reports/<int:pk>/", inside.report_detail, name="self-report"),
    path(
        "self-reports/<int:pk>/confirm/",
        inside.report_confirm,
        name="self-report-confirm",
    ),
    path(
        "self-reports/<int:pk>/return/",
        inside.report_return,
        name="self-report-return",
    ),
    path("my-unit/", own.own, name="own"),
    path("my-unit/survey/", own.own_survey, name="own-survey"),
    path("my-unit/warnings/new/", own.own_warning_add, name="own-warning-add"),
    path("my-unit/warnings/<int:pk>/union/", own.own_union, name="own-union"),
    path("my-unit/warnings/<int:pk>/escalate/", own.own_escalate, name="own-escalate"),
]
