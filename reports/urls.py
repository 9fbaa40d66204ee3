from django.urls import path

from reports.views import conformance, dashboards, reporting, rows, whatif

app_name = "reports"
urlpatterns = [
    path("reports/new/", reporting.new_report, name="new"),
    path("conformance/", conformance.conformance, name="conformance"),
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
