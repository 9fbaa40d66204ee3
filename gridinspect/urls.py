from django.urls import include, path

from gridinspect.health import health
from gridinspect.ui import errors

urlpatterns = [
    path("healthz/", health, name="health"),
    path("", include("reports.home_urls")),
    path("", include("gridinspect.accounts.urls")),
    path("", include("gridinspect.audit.urls")),
    path("workdays/", include("cases.calendar_urls")),
    path("", include("gridinspect.ui.urls")),
    path("", include("gridinspect.documents.urls")),
    path("", include("gridinspect.jobs.urls")),
    path("", include("gridinspect.imports.urls")),
    path("", include("grids.urls")),
    path("", include("enterprises.urls")),
    path("", include("enterprises.workforce.urls")),
    path("", include("enterprises.wages.urls")),
    path("", include("enterprises.supervision.urls")),
    path("", include("enterprises.reviews.urls")),
    path("", include("assistants.urls")),
    path("", include("cases.urls")),
    path("", include("cases.visits.urls")),
    path("", include("cases.inspections.urls")),
    path("", include("reports.urls")),
    path("", include("reports.warnings.urls")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
