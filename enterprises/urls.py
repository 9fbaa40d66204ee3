from django.urls import path

from enterprises.views import surveys, units

app_name = "enterprises"
urlpatterns = [
    path("enterprises/", units.unit_list, name="list"),
    path("enterprises/export/", units.export, name="export"),
    path("enterprises/similar/", units.similar, name="similar"),
    path("enterprises/new/", units.register, name="add"),
    path("enterprises/<int:pk>/", units.unit_detail, name="detail"),
    path("enterprises/<int:pk>/change/", units.change, name="change"),
    path("enterprises/<int:pk>/reveal/", units.reveal, name="reveal"),
    path("enterprises/<int:pk>/survey/", surveys.fill_in, name="survey-add"),
    path("enterprises/<int:pk>/survey/discard/", surveys.discard, name="draft-discard"),
    path("enterprises/<int:pk>/surveys/compare/", surveys.compare, name="compare"),
    path("enterprises/<int:pk>/survey.pdf", surveys.blank_pdf, name="blank-pdf"),
    path("surveys/drafts/", surveys.drafts, name="drafts"),
    path("surveys/<int:pk>/", surveys.survey, name="survey"),
    path("surveys/<int:pk>.pdf", surveys.pdf, name="survey-pdf"),
]
