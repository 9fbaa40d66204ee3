"""The door for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gridinspect.settings")

application = get_wsgi_application()

from gridinspect.production import refuse_demo_accounts  # noqa: E402  (apps first)

refuse_demo_accounts()
