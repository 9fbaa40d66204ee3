"""The calendar has a name of its own; its pages live up here, with what it moves."""

from django.urls import path

from cases.views import calendar

app_name = "workdays"
urlpatterns = [
    path("", calendar.year_list, name="list"),
    path("new/", calendar.year_edit, name="add"),
    path("<int:year>/", calendar.year_detail, name="year"),
    path("<int:year>/edit/", calendar.year_edit, name="edit"),
]
