from django.urls import path

from gridinspect.ui import views

app_name = "ui"
urlpatterns = [
    path("ui/style/", views.style, name="style"),
    path("ui/preferences/columns/", views.columns, name="columns"),
    path("ui/preferences/text-size/", views.text_size, name="text-size"),
]
