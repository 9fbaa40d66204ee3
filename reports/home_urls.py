"""The first page after signing in; it has no namespace, so that anybody can lead there."""

from django.urls import path

from reports.views.workbench import workbench

urlpatterns = [path("", workbench, name="home")]
