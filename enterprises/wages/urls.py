from django.urls import URLPattern

app_name = "wages"
urlpatterns: list[URLPattern] = []
