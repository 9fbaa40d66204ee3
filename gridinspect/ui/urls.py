from django.urls import path

from gridinspect.ui import views

app_name = "ui"
urlpatterns = [
    path("style/", views.style, name="style"),
    path("preferences/columns/", views.columns, name="columns"),
    path("preferences/text-size/", views.text_size, name="text-size"),
]
