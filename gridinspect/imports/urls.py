from django.urls import path

from gridinspect.imports import views

app_name = "imports"
urlpatterns = [
    path("imports/", views.batch_list, name="list"),
    path("imports/<int:pk>/", views.batch_detail, name="detail"),
    path("imports/<int:pk>/confirm/", views.batch_confirm, name="confirm"),
    path("imports/<int:pk>/layout/", views.batch_layout, name="layout"),
    path("imports/<int:pk>/discard/", views.batch_discard, name="discard"),
    path("imports/new/<slug:kind>/", views.upload, name="upload"),
    path("imports/template/<slug:kind>.xlsx", views.template, name="template"),
]
