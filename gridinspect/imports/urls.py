from django.urls import path

from gridinspect.imports import views

app_name = "imports"
urlpatterns = [
    path("imports/", views.batch_list, name="list"),
    path("imports/<int:pk>/", views.batch_detail, name="detail"),
    path("imports/<int:pk>/confirm/", views.batch_confirm, name="confirm"),
    path("imports/<int:pk>/decide/", views.batch_decide, name="decide"),
    path("imports/<int:pk>/layout/", views.batch_layout, name="layout"),
    path("imports/<int:pk>/discard/", views.batch_discard, name="discard"),
    path("imports/<int:pk>/returned/", views.batch_returned, name="returned"),
    path("imports/<int:pk>/undo/", views.batch_undo, name="undo"),
    path("imports/new/<slug:kind>/", views.upload, name="upload"),
    path("imports/export/<slug:kind>.xlsx", views.export, name="export"),
    path("imports/template/<slug:kind>.xlsx", views.template, name="template"),
]
