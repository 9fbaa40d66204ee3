"""The first page after signing in; without a namespace, so that all can lead there."""

from django.urls import path

from reports.views.workbench import workbench

urlpatterns = [path("", workbench, name="home")]
