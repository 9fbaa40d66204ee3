from django.urls import path

from enterprises.views import (
    allocation,
    doubts,
    prints,
    registry,
    roads,
    surveys,
    units,
)

app_name = "enterprises"
urlpatterns = [
    path("enterprises/", units.unit_list, name="list"),
    path("enterprises/export/", units.export, name="export"),
    path("enterprises/similar/", units.similar, name="similar"),
    path("enterprises/new/", units.register, name="add"),
    path("enterprises/<int:pk>/", units.unit_detail, name="detail"),
    path("enterprises/<int:pk>/change/", units.change, name="change"),
    path("enterprises/<int:pk>/reveal/", units.reveal, name="reveal"),
    path("enterprises/<int:pk>/print/", prints.file_print, name="file-print"),
    path("enterprises/<int:pk>/survey/", surveys.fill_in, name="survey-add"),
    path("enterprises/<int:pk>/survey/discard/", surveys.discard, name="draft-discard"),
    path("enterprises/<int:pk>/surveys/compare/", surveys.compare, name="compare"),
    path("enterprises/<int:pk>/survey.pdf", surveys.blank_pdf, name="blank-pdf"),
    path("allocations/", allocation.allocation_list, name="allocations"),
    path("allocations/new/", allocation.allocation_add, name="allocation-add"),
    path("allocations/<int:pk>/", allocation.allocation, name="allocation"),
    path(
        "allocations/<int:pk>/apply/",
        allocation.allocation_apply,
        name="allocation-apply",
    ),
    path(
        "allocations/<int:pk>/discard/",
        allocation.allocation_discard,
        name="allocation-discard",
    ),
    path(
        "allocations/<int:pk>/undo/",
        allocation.allocation_undo,
        name="allocation-undo",
    ),
    path("doubts/", doubts.doubt_list, name="doubts"),
    path("doubts/settle/", doubts.doubts_settle, name="doubts-settle"),
    path("doubts/<int:pk>/", doubts.doubt_settle, name="doubt"),
    path("roads/", roads.road_list, name="roads"),
    path("roads/book/", roads.road, name="road"),
    path("roads/print/", roads.road_print, name="road-print"),
    path("registry/", registry.registry, name="registry"),
    path("registry/<int:pk>/<slug:verdict>/", registry.judge, name="registry-judge"),
    path("surveys/drafts/", surveys.drafts, name="drafts"),
    path("surveys/<int:pk>/", surveys.survey, name="survey"),
    path("surveys/<int:pk>.pdf", surveys.pdf, name="survey-pdf"),
]
