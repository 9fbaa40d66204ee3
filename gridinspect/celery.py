"""The Celery application. Jobs are rows; the broker is only a doorbell."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gridinspect.settings")

app = Celery("gridinspect")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
