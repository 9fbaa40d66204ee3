from django.urls import path

from reports.warnings import views

app_name = "warnings"
urlpatterns = [
    path("warnings/", views.warning_list, name="list"),
    path("warnings/export/", views.export, name="export"),
    path("warnings/send/", views.send, name="send"),
    path("warnings/effect/", views.effect, name="effect"),
    path("warnings/<int:pk>/", views.warning_detail, name="detail"),
    path("warnings/<int:pk>/answer/", views.answer, name="answer"),
]
