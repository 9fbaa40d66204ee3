from django.urls import path

from reports.views import (
    assessments,
    conformance,
    dashboards,
    milestones,
    posters,
    programme,
    reporting,
    rows,
    whatif,
)

app_name = "reports"
urlpatterns = [
    path("reports/new/", reporting.new_report, name="new"),
    path("conformance/", conformance.conformance, name="conformance"),
    path("programme/", programme.programme, name="programme"),
    path("programme/<int:pk>/", programme.programme_node, name="programme-node"),
    path(
        "programme/<int:pk>/milestones/<slug:key>/",
        milestones.programme_milestone,
        name="programme-milestone",
    ),
    path(
        "programme/<int:pk>/report/<slug:slug>/<slug:topic>/<slug:item>/",
        milestones.programme_report,
        name="programme-report",
    ),
    path("programme/<int:pk>/assess/", assessments.assess, name="assess"),
    path("programme/<int:pk>/letter/", assessments.letter_issue, name="letter-issue"),
    path("assessments/", assessments.assessment_list, name="assessments"),
    path("assessments/<int:pk>/", assessments.assessment_detail, name="assessment"),
    path(
        "assessments/<int:pk>/remedy/",
        assessments.assessment_remedy,
        name="assessment-remedy",
    ),
    path("target-letters/", assessments.letter_list, name="letters"),
    path("posters/", posters.poster_list, name="posters"),
    path("posters/grid/<int:pk>/", posters.poster_node, name="poster-node"),
    path("posters/grid/<int:pk>/make/", posters.poster_make, name="poster-make"),
    path(
        "posters/grid/<int:pk>/hang/<slug:kind>/",
        posters.poster_hang,
        name="poster-hang",
    ),
    path(
        "posters/hangings/<int:pk>/take-down/",
        posters.poster_take_down,
        name="poster-take-down",
    ),
    path("what-if/", whatif.what_if, name="what-if"),
    path("what-if/grids/", whatif.what_if_grids, name="what-if-grids"),
    path("dashboard/", dashboards.dashboard, name="dashboard"),
    path("dashboard/city/<str:code>/", dashboards.city_dashboard, name="city"),
    path("dashboard/grid/<int:pk>/", dashboards.grid_dashboard, name="grid"),
    path(
        "dashboard/city/<str:code>/<str:rate>/<str:part>/",
        rows.city_rows,
        name="city-rows",
    ),
    path(
        "dashboard/grid/<int:pk>/<str:rate>/<str:part>/",
        rows.grid_rows,
        name="grid-rows",
    ),
]
