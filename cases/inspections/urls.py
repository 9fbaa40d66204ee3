from django.urls import path

from cases.inspections.views import inspections, lists, plans

app_name = "inspections"
urlpatterns = [
    path("inspections/", lists.inspection_list, name="list"),
    path("inspections/export/", lists.export, name="export"),
    path("inspections/frequency/", lists.frequency_list, name="frequency"),
    path("inspections/new/", inspections.add, name="add"),
    path("inspections/<int:pk>/", inspections.detail, name="detail"),
    path("inspections/<int:pk>/decide/", inspections.decide, name="decide"),
    path("inspections/<int:pk>/team/", inspections.team, name="team"),
    path("inspections/<int:pk>/notify/", inspections.notify, name="notify"),
    path("inspections/<int:pk>/record/", inspections.record, name="record"),
    path("inspections/<int:pk>/record.pdf", inspections.record_pdf, name="record-pdf"),
    path("inspections/<int:pk>/conclude/", inspections.conclude, name="conclude"),
    path("inspections/<int:pk>/cancel/", inspections.cancel, name="cancel"),
    path("inspection-plans/", plans.plan_list, name="plans"),
    path("inspection-plans/new/", plans.plan_add, name="plan-add"),
    path("inspection-plans/<int:pk>/", plans.plan_detail, name="plan"),
    path("inspection-plans/<int:pk>/change/", plans.plan_change, name="plan-change"),
    path("inspection-plans/<int:pk>/decide/", plans.plan_decide, name="plan-decide"),
    path("inspection-plans/<int:pk>/cancel/", plans.plan_cancel, name="plan-cancel"),
    path("inspection-plans/<int:pk>/draw/", plans.draw, name="draw"),
    path(
        "inspection-plans/<int:pk>/units/new/",
        inspections.add_to_plan,
        name="add-to-plan",
    ),
    path("inspection-draws/<int:pk>/take/", plans.take, name="take"),
    path("inspection-draws/<int:pk>/log.pdf", plans.draw_log, name="draw-log"),
    path(
        "enterprises/<int:enterprise_pk>/inspections/new/",
        inspections.add_unit,
        name="add-unit",
    ),
    path(
        "enterprises/<int:enterprise_pk>/inspections/frequency/",
        lists.unit_frequency,
        name="unit-frequency",
    ),
]
