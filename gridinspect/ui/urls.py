from django.urls import path

from gridinspect.ui import views

app_name = "ui"
urlpatterns = [
    path("ui/style/", views.style, name="style"),
    path("ui/preferences/columns/", views.columns, name="columns"),
    path("ui/preferences/text-size/", views.text_size, name="text-size"),
    path("ui/filters/", views.save_filter, name="filter-save"),
    path("ui/filters/<int:pk>/forget/", views.forget_filter, name="filter-forget"),
]
